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
 * The head of a request.
 *
 * @param path the path as received, neither decoded nor normalised
 * @param query the query as received, not decoded; null if there is none
 * @param host the header {@code Host}, or its counterpart in HTTP/2
 * @param origin the origin of the page that sends it, if a browser says so: see {@link #page}
 * @param site {@code Sec-Fetch-Site}: the relation of a browser's page to this server
 * @param authorization the header {@code Authorization}
 * @param agent the header {@code User-Agent}
 * @param address the client's address without the port; null if it is not known
 * @param local the address of this machine that the client has connected to, without the port; null
 *     if it is not known
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
    @Nullable String address,
    @Nullable String local) {

  /** The header in which the server of an endpoint passes the client's address on. */
  static final String ADDRESS = "DromedaryAddress";

  private static final Pattern URL_PATH = Pattern.compile("^[^:/]*://[^/?#]*|[?#].*$");

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  /** A loopback address as Java writes it. */
  private static final Pattern LOCAL =
      Pattern.compile("127\\..*|\\[?(::1|0:0:0:0:0:0:0:1)(%[^\\]]*)?]?");

  private static final Pattern AUTHORITY = Pattern.compile("^[^:/]*://([^/?#]*).*$");
  private static final Pattern ORIGIN = Pattern.compile("^https?://[^/?#]+");
  private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");

  /**
   * Encoded or relative segments and control characters, which two servers may read differently.
   */
  private static final Pattern AMBIGUOUS =
      Pattern.compile("(?i)%2e|%2f|%5c|%0|%1|%7f|[\\\\;\\x00-\\x1f\\x7f]|/\\.{1,2}(/|$)");

  /** Creates the head of a request that Camel has converted to a message. */
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
        bare(address),
        bare(text(headers, "CamelVertxPlatformHttpLocalAddress")));
  }

  /**
   * Creates the head of a request to a server endpoint such as Netty's, which has other headers.
   */
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
        netty == null ? text(headers, ADDRESS) : bare(netty.substring(netty.indexOf('/') + 1)),
        // Such a server listens where its endpoint says.
        null);
  }

  private static @Nullable String bare(@Nullable String address) {
    return address == null ? null : PORT.matcher(address).replaceFirst("");
  }

  /** Spring's server gives only the raw query, Vert.x also a decoded one. */
  private static @Nullable String query(Map<String, Object> headers) {
    String query = text(headers, Exchange.HTTP_RAW_QUERY);
    return query == null ? text(headers, Exchange.HTTP_QUERY) : query;
  }

  private static @Nullable String text(Map<String, Object> headers, String name) {
    Object value = headers.get(name);
    return value == null ? null : value.toString();
  }

  /**
   * Returns the origin of the page that sends a request. Browsers send no {@code Origin} for
   * images. For an image on another server they usually send a {@code Referer}, which a page cannot
   * forge either.
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

  /**
   * Returns whether the method only reads, so that caches may store the answer unless told
   * otherwise.
   */
  public boolean isRead() {
    return method.equals("GET") || method.equals("HEAD");
  }

  /** Returns the first query parameter of that name, or null. A plus sign is taken literally. */
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

  /** Decodes percent-encoding; badly encoded text is returned unchanged. */
  public static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  /** Returns whether a browser sends it without naming its page, as old browsers do for images. */
  public boolean isOfUnknownPage() {
    return origin == null && site == null && agent != null && agent.startsWith("Mozilla/");
  }

  /**
   * Returns whether every server reads the path alike. A proxy in front may allow only some paths.
   */
  public boolean hasPlainPath() {
    return !AMBIGUOUS.matcher(path).find();
  }

  /**
   * Returns whether the connection is to a loopback address, or to an unknown one. A setting may
   * say that the server listens on loopback although it does not.
   */
  boolean isOverLoopback() {
    return local == null || LOCAL.matcher(local).matches();
  }

  /**
   * Returns whether only this machine can have sent it, and the requested host is a loopback
   * address. Any other name may be made to resolve to one by its owner (DNS rebinding), whose pages
   * could then read the answers of this server.
   */
  public boolean isForLoopback() {
    return isOverLoopback()
        && host != null
        && LOOPBACK.contains(PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst(""));
  }

  /** Returns whether a browser sends it for a page of another server. */
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
