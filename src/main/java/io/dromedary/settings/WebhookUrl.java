package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.IDN;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Converts URLs of webhooks to the form that requests use. An operator may write any URL that a
 * browser accepts: with a scheme in capitals, non-ASCII letters, a host with underscores, as
 * Compose and Swarm name them, or a host with a trailing dot.
 */
final class WebhookUrl {

  private static final Pattern PARTS =
      Pattern.compile(
          "(?<scheme>https?)://(?<host>\\[[^]/?#]*]|[^]\\[/?#:@]+)(:(?<port>[0-9]{0,9}))?"
              + "(?<rest>([/?][^#]*)?)",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");

  /** Letters that IDNA 2008 keeps in a host name, and IDNA 2003, which Java has, replaces. */
  private static final Pattern AMBIGUOUS = Pattern.compile("[\u00df\u03c2\u200c\u200d]");

  private static final int LONGEST_HOST = 253;
  private static final int HIGHEST_PORT = 65_535;

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private WebhookUrl() {}

  /** Thrown if a URL is refused. The message says what is expected and does not show the URL. */
  static final class RefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    RefusedException(String expected) {
      super(expected);
    }
  }

  /**
   * Converts a URL to ASCII: the scheme in lower case, the host in Punycode, and all other letters
   * percent-encoded in UTF-8.
   *
   * @param credentials the key for credentials, which the error message names
   */
  static String of(String written, String credentials) throws RefusedException {
    Matcher parts = PARTS.matcher(written);
    if (!parts.matches()) {
      throw new RefusedException(
          "a URL with a host and without user name and fragment (put credentials in "
              + credentials
              + ")");
    }
    String host = parts.group("host");
    String url =
        parts.group("scheme").toLowerCase(Locale.ROOT)
            + "://"
            // Java checks the syntax of an address in brackets below.
            + (host.startsWith("[") ? host : ascii(host))
            + port(parts.group("port"))
            + encode(parts.group("rest"));
    try {
      return new URI(url).toString();
    } catch (URISyntaxException e) {
      // The exception's text contains the whole URL, which may hold a secret.
      throw new RefusedException("a URL without blanks and unescaped characters");
    }
  }

  /** The host of a URL, or null if the text is not a URL with a host. */
  static @Nullable String host(String url) {
    try {
      String authority = new URI(url).getRawAuthority();
      if (authority == null) {
        return null;
      }
      String host = authority.substring(authority.lastIndexOf('@') + 1);
      return host.replaceFirst(":[0-9]*$", "");
    } catch (URISyntaxException e) {
      return null;
    }
  }

  /** Returns whether requests to a URL are sent over a network without encryption. */
  static boolean isPlainBeyondLoopback(String url) {
    String host = url.startsWith("http:") ? host(url) : null;
    return host != null && !PrivateNetworks.isLoopback(host);
  }

  private static String port(@Nullable String written) throws RefusedException {
    if (written == null || written.isEmpty()) {
      return "";
    }
    int port = Integer.parseInt(written);
    if (port < 1 || port > HIGHEST_PORT) {
      throw new RefusedException("a port from 1 to " + HIGHEST_PORT);
    }
    return ":" + port;
  }

  /** Converts a host to the ASCII form that the DNS uses. */
  private static String ascii(String written) throws RefusedException {
    if (AMBIGUOUS.matcher(written).find()) {
      // Java would choose another domain than a browser.
      throw new RefusedException("the ASCII form of its host (xn--…), since this one has two");
    }
    String host = written;
    try {
      if (!written.chars().allMatch(c -> c < 0x80)) {
        host = IDN.toASCII(written);
      }
    } catch (IllegalArgumentException e) {
      throw new RefusedException(
          "a host of letters that names may have, or its ASCII form (xn--…)");
    }
    boolean isAbsolute = host.endsWith(".");
    String relative = isAbsolute ? host.substring(0, host.length() - 1) : host;
    for (String label : relative.split("\\.", -1)) {
      if (!LABEL.matcher(label).matches()) {
        throw new RefusedException("a host of letters, digits, hyphens and underscores");
      }
    }
    if (relative.length() > LONGEST_HOST) {
      throw new RefusedException("a host of at most " + LONGEST_HOST + " characters");
    }
    return host;
  }

  /** Percent-encodes the non-ASCII letters of a path and a query, as browsers do. */
  private static String encode(String written) {
    StringBuilder encoded = new StringBuilder(written.length());
    written
        .codePoints()
        .forEach(
            c -> {
              if (c < 0x80) {
                encoded.append((char) c);
              } else {
                for (byte b : Character.toString(c).getBytes(UTF_8)) {
                  encoded.append('%').append(HEX.toHexDigits(b));
                }
              }
            });
    return encoded.toString();
  }
}
