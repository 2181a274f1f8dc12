package io.dromedary.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * What a request says before its body.
 *
 * @param path as it came, not decoded and not normalised
 * @param host the header {@code Host}, or what HTTP/2 has in its place
 * @param origin whose page sends it, if a browser says so
 * @param site {@code Sec-Fetch-Site}: how a browser's page is related to this server
 * @param authorization the header {@code Authorization}
 * @param address whom it comes from, without the port; null where that is not known
 */
public record RequestHead(
    String method,
    String path,
    @Nullable String host,
    @Nullable String origin,
    @Nullable String site,
    @Nullable String authorization,
    @Nullable String address) {

  /** The header in which a server of an endpoint tells whom a request comes from. */
  static final String ADDRESS = "DromedaryAddress";

  private static final Pattern URL_PATH = Pattern.compile("^[^:/]*://[^/?#]*|[?#].*$");

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private static final Pattern AUTHORITY = Pattern.compile("^[^:/]*://([^/?#]*).*$");
  private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

  /** What two servers may read in two ways: dots, slashes and control characters in disguise. */
  private static final Pattern AMBIGUOUS =
      Pattern.compile("(?i)%2e|%2f|%5c|%0|%1|%7f|[\\\\;\\x00-\\x1f\\x7f]|/\\.{1,2}(/|$)");

  /** The head of a request that Camel has made a message of. */
  public static RequestHead of(Map<String, Object> headers) {
    String url = String.valueOf(headers.get(Exchange.HTTP_URL));
    String address = text(headers, "CamelVertxPlatformHttpRemoteAddress");
    return new RequestHead(
        String.valueOf(headers.get(Exchange.HTTP_METHOD)),
        String.valueOf(headers.get(Exchange.HTTP_PATH)),
        AUTHORITY.matcher(url).replaceFirst("$1"),
        text(headers, "Origin"),
        text(headers, "Sec-Fetch-Site"),
        text(headers, "Authorization"),
        address == null ? null : PORT.matcher(address).replaceFirst(""));
  }

  /** The head of a request to an endpoint that is a server, which tells paths in its own way. */
  public static RequestHead ofServer(Map<String, Object> headers) {
    String netty = text(headers, "CamelNettyRemoteAddress");
    return new RequestHead(
        String.valueOf(headers.get(Exchange.HTTP_METHOD)),
        URL_PATH.matcher(String.valueOf(headers.get(Exchange.HTTP_URL))).replaceAll(""),
        text(headers, "Host"),
        text(headers, "Origin"),
        text(headers, "Sec-Fetch-Site"),
        text(headers, "Authorization"),
        netty == null
            ? text(headers, ADDRESS)
            : PORT.matcher(netty.substring(netty.indexOf('/') + 1)).replaceFirst(""));
  }

  private static @Nullable String text(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? null : value.toString();
  }

  /**
   * Whether a server in front reads the path as this one does: it may let through some paths only.
   */
  public boolean hasPlainPath() {
    return !AMBIGUOUS.matcher(path).find();
  }

  /**
   * Whether the host that was asked for is a loopback address. The owner of another name may make
   * it stand for one, and a page of that name may then read what this server answers.
   */
  public boolean isForLoopback() {
    return host != null
        && LOOPBACK.contains(PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst(""));
  }

  /** Whether a browser sends it for a page that is not of this server. */
  public boolean isOfForeignPage() {
    if (origin != null) {
      return !isOwn(origin);
    }
    return site != null && !site.equals("same-origin") && !site.equals("none");
  }

  private boolean isOwn(String page) {
    try {
      String authority = new URI(page).getRawAuthority();
      return authority != null && authority.equalsIgnoreCase(host);
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
