package io.dromedary.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/**
 * What a request says before its body.
 *
 * @param path as it came, not decoded and not normalised
 * @param query as it came, not decoded; null where there is none
 * @param host the header {@code Host}, or what HTTP/2 has in its place
 * @param origin whose page sends it, if a browser says so: see {@link #page}
 * @param site {@code Sec-Fetch-Site}: how a browser's page is related to this server
 * @param authorization the header {@code Authorization}
 * @param agent the header {@code User-Agent}
 * @param address whom it comes from, without the port; null where that is not known
 */
public record RequestHead(
    String method,
    String path,
    @Nullable String query,
    @Nullable String host,
    @Nullable String origin,
    @Nullable String site,
    @Nullable String authorization,
    @Nullable String agent,
    @Nullable String address) {

  /** The header in which a server of an endpoint tells whom a request comes from. */
  static final String ADDRESS = "DromedaryAddress";

  private static final Pattern URL_PATH = Pattern.compile("^[^:/]*://[^/?#]*|[?#].*$");

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  private static final Pattern AUTHORITY = Pattern.compile("^[^:/]*://([^/?#]*).*$");
  private static final Pattern ORIGIN = Pattern.compile("^https?://[^/?#]+");
  private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

  /** What two servers may read in two ways: dots, slashes and control characters in disguise. */
  private static final Pattern AMBIGUOUS =
      Pattern.compile("(?i)%2e|%2f|%5c|%0|%1|%7f|[\\\\;\\x00-\\x1f\\x7f]|/\\.{1,2}(/|$)");

  /** The head of a request that Camel has made a message of. */
  public static RequestHead of(Map<String, Object> headers) {
    String url = String.valueOf(headers.get(Exchange.HTTP_URL));
    String address = text(headers, "CamelVertxPlatformHttpRemoteAddress");
    String site = text(headers, "Sec-Fetch-Site");
    return new RequestHead(
        String.valueOf(headers.get(Exchange.HTTP_METHOD)),
        String.valueOf(headers.get(Exchange.HTTP_PATH)),
        query(headers),
        AUTHORITY.matcher(url).replaceFirst("$1"),
        page(text(headers, "Origin"), site, text(headers, "Referer")),
        site,
        text(headers, "Authorization"),
        text(headers, "User-Agent"),
        address == null ? null : PORT.matcher(address).replaceFirst(""));
  }

  /** The head of a request to an endpoint that is a server, which tells paths in its own way. */
  public static RequestHead ofServer(Map<String, Object> headers) {
    String site = text(headers, "Sec-Fetch-Site");
    String netty = text(headers, "CamelNettyRemoteAddress");
    return new RequestHead(
        String.valueOf(headers.get(Exchange.HTTP_METHOD)),
        URL_PATH.matcher(String.valueOf(headers.get(Exchange.HTTP_URL))).replaceAll(""),
        query(headers),
        text(headers, "Host"),
        page(text(headers, "Origin"), site, text(headers, "Referer")),
        site,
        text(headers, "Authorization"),
        text(headers, "User-Agent"),
        netty == null
            ? text(headers, ADDRESS)
            : PORT.matcher(netty.substring(netty.indexOf('/') + 1)).replaceFirst(""));
  }

  /** Spring's server tells only the query as it came, Vert.x also one that has been decoded. */
  private static @Nullable String query(Map<String, Object> headers) {
    String query = text(headers, Exchange.HTTP_RAW_QUERY);
    return query == null ? text(headers, Exchange.HTTP_QUERY) : query;
  }

  private static @Nullable String text(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? null : value.toString();
  }

  /**
   * Whose page sends a request. For an image of a page, a browser tells no {@code Origin}, but
   * where the image is of another server mostly a {@code Referer}, which no page can forge either.
   */
  public static @Nullable String page(
      @Nullable String origin, @Nullable String site, @Nullable String referer) {
    if (origin != null || referer == null || !isForeign(site)) {
      return origin;
    }
    Matcher matcher = ORIGIN.matcher(referer);
    return matcher.find() ? matcher.group() : null;
  }

  private static boolean isForeign(@Nullable String site) {
    return site != null && !site.equals("same-origin") && !site.equals("none");
  }

  /** Whether it only reads, and anybody in between may keep the answer unless told otherwise. */
  public boolean isRead() {
    return method.equals("GET") || method.equals("HEAD");
  }

  /** The first parameter of that name in the query, or null. A plus in it is a plus. */
  public @Nullable String parameter(String name) {
    if (query == null) {
      return null;
    }
    for (String each : query.split("&", -1)) {
      if (each.startsWith(name + "=")) {
        return decode(each.substring(name.length() + 1));
      }
    }
    return null;
  }

  /** A text without its percent signs; one that is encoded badly stays as it is. */
  public static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /**
   * Whether a browser sends it that does not say for which page, as an old one does not for images.
   */
  public boolean isOfUnknownPage() {
    return origin == null && site == null && agent != null && agent.startsWith("Mozilla/");
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
    return isForeign(site);
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
