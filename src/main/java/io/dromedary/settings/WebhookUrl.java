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
 * The URL of a webhook that speaks HTTP, as it is sent to. An operator may write what a browser
 * takes: a scheme in capitals, letters beyond ASCII, a host with an underscore as Compose and Swarm
 * give them, and one with a full stop at its end.
 */
final class WebhookUrl {

  private static final Pattern PARTS =
      Pattern.compile(
          "(?<scheme>https?)://(?<host>\\[[^]/?#]*]|[^]\\[/?#:@]+)(:(?<port>[0-9]{0,9}))?"
              + "(?<rest>([/?][^#]*)?)",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern LABEL =
      Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?");

  /** The letters that newer rules keep in a name, and those of Java write otherwise. */
  private static final Pattern AMBIGUOUS = Pattern.compile("[\u00df\u03c2\u200c\u200d]");

  private static final int LONGEST_HOST = 253;
  private static final int HIGHEST_PORT = 65_535;

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private WebhookUrl() {}

  /** A URL is refused, with what is expected instead. It does not show the URL. */
  static final class RefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    RefusedException(String expected) {
      super(expected);
    }
  }

  /**
   * The URL in ASCII: its scheme in small letters, its host as the domain name system knows it, and
   * all other letters percent-encoded in UTF-8.
   *
   * @param credentials the key that credentials are to be put in
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
            // The syntax of an address in brackets is left to Java.
            + (host.startsWith("[") ? host : ascii(host))
            + port(parts.group("port"))
            + encode(parts.group("rest"));
    try {
      return new URI(url).toString();
    } catch (URISyntaxException e) {
      // The exception's own text would show the whole URL, which may hold a secret.
      throw new RefusedException("a URL without blanks and unescaped characters");
    }
  }

  /** The host of a URL, or null where it is not one with a host. */
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

  /** Whether what is sent to it can be read on its way. */
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

  /** A host as the domain name system knows it. */
  private static String ascii(String written) throws RefusedException {
    if (AMBIGUOUS.matcher(written).find()) {
      // Another domain than the one that a browser would open.
      throw new RefusedException("the ASCII form of its host (xn--…), since there are two of this");
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

  /** What browsers make of the letters beyond ASCII in a path and a query. */
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
