package io.dromedary.settings;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import org.apache.camel.CamelContext;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.spi.EndpointUriFactory;
import org.jspecify.annotations.Nullable;

/**
 * How a webhook is reached over HTTP. {@code webhooks.http.OPTION} sets an option of Camel's HTTP
 * endpoint for all webhooks of a destination, {@code webhooks.N.http.OPTION} for the webhook N,
 * counted from 1. {@code tls.…} works in the same way.
 *
 * @param options the options, by Camel's names for them; values may be secrets
 * @param tls the options of TLS
 * @param networks the networks beyond the public internet that the webhook may be in
 */
public record HttpOptions(Map<String, String> options, TlsOptions tls, PrivateNetworks networks) {

  private static final String TOKENS = "oauth2TokenEndpoint";

  private static final String ONE_POST = "since an attempt is one POST of the event";
  private static final String OWN_HEADERS =
      "since only webhooks.headers.NAME are added to a request";
  private static final String BY_STATUS = "since the status decides what an answer means";
  private static final String OWN_CONNECTIONS =
      "since there are as many connections as attempts, and none is waited for";
  private static final String NO_COOKIES = "since no request depends on an earlier one";

  /** Options that contradict Dromedary's attempts, with the reason. */
  private static final Map<String, String> REFUSED = new HashMap<>();

  /** Options that Camel has but does not list. */
  private static final Set<String> UNLISTED =
      Set.of("connectTimeout", "connectionRequestTimeout", "responseTimeout", "soTimeout");

  /** Options that set a proxy. */
  private static final Set<String> PROXY =
      Set.of("proxyHost", "proxyAuthHost", "useSystemProperties");

  static {
    refuse("since a redirect turns a POST into a GET and delivers nothing", "followRedirects");
    refuse(
        ONE_POST,
        "httpMethod",
        "deleteWithBody",
        "getWithBody",
        "multipartUpload",
        "multipartUploadName",
        "contentTypeCharsetEnabled");
    refuse(
        OWN_HEADERS,
        "bridgeEndpoint",
        "copyHeaders",
        "headerFilterStrategy",
        "preserveHostHeader",
        "skipControlHeaders",
        "skipRequestHeaders",
        "skipResponseHeaders");
    refuse(
        BY_STATUS,
        "throwExceptionOnFailure",
        "okStatusCodeRange",
        "ignoreResponseBody",
        "disableStreamCache");
    refuse(NO_COOKIES, "cookieHandler", "cookieStore", "clearExpiredCookies");
    refuse(
        OWN_CONNECTIONS,
        "clientConnectionManager",
        "clientBuilder",
        "httpClient",
        "connectionsPerRoute",
        "maxTotalConnections");
    refuse("since webhooks.user-agent is for that", "userAgent");
    refuse("since webhooks.urls is for that", "httpUri");
    refuse("since what is wrong is told at the start", "lazyStartProducer");
  }

  private static void refuse(String reason, String... options) {
    for (String option : options) {
      REFUSED.put(option, reason);
    }
  }

  /** Reads the options of the webhooks of a destination, in the order of {@code urls}. */
  static List<HttpOptions> read(
      CamelContext context, PropertyReader keys, List<String> urls, PrivateNetworks networks) {
    Map<String, String> names = names(context);
    Map<String, String> forAll = options(keys, "http.", names);
    TlsOptions tlsForAll = TlsOptions.read(keys, "tls.", forAll);
    List<HttpOptions> all = new ArrayList<>();
    for (int number = 1; number <= urls.size(); number++) {
      String url = urls.get(number - 1);
      Map<String, String> options = new HashMap<>(forAll);
      Map<String, String> own = options(keys, number + ".http.", names);
      options.putAll(own);
      TlsOptions tls = TlsOptions.read(keys, number + ".tls.", own);
      boolean isHttp = url.startsWith("http:") || url.startsWith("https:");
      if (!isHttp && !(own.isEmpty() && tls.equals(TlsOptions.NONE))) {
        keys.problem(
            number + (own.isEmpty() ? ".tls.*" : ".http.*"),
            DestinationReader.shown(context, url, number > 1),
            "an http or https URL as webhook " + number);
      }
      if (isHttp) {
        BooleanSupplier isByProxy = () -> isByProxy(context, url, options);
        String tokens = (own.containsKey(TOKENS) ? number + "." : "") + "http." + TOKENS;
        checkAddress(keys, "urls", url, networks, isByProxy);
        checkAddress(keys, tokens, options.get(TOKENS), networks, isByProxy);
      }
      all.add(new HttpOptions(Map.copyOf(options), tls.or(tlsForAll), networks));
    }
    return List.copyOf(all);
  }

  /** Returns whether requests to a URL may use a proxy, which then resolves the host. */
  public boolean isByProxy(CamelContext context, String url) {
    return isByProxy(context, url, options);
  }

  /** Returns whether a proxy may resolve the host. A proxy may reach other networks. */
  private static boolean isByProxy(CamelContext context, String url, Map<String, String> options) {
    return options.keySet().stream().anyMatch(PROXY::contains)
        || context.getGlobalOption("http.proxyHost") != null
        || (context.getComponent(EndpointUri.scheme(url)) instanceof HttpComponent component
            && component.getProxyHost() != null);
  }

  /** Reports an address in a URL to which every attempt would be refused. */
  private static void checkAddress(
      PropertyReader keys,
      String key,
      @Nullable String url,
      PrivateNetworks networks,
      BooleanSupplier isByProxy) {
    InetAddress refused = url == null ? null : networks.refused(WebhookUrl.host(url));
    if (url != null && refused != null && !isByProxy.getAsBoolean()) {
      keys.problem(
          key,
          EndpointUri.origin(url),
          "an address of the public internet (or "
              + refused.getHostAddress()
              + " in webhooks.allow-private)");
    }
  }

  /** All options, found in any case, since environment variables are in upper case. */
  private static Map<String, String> names(CamelContext context) {
    Set<String> listed = new HashSet<>(UNLISTED);
    EndpointUriFactory http = context.getCamelContextExtension().getEndpointUriFactory("http");
    if (http != null) {
      listed.addAll(http.propertyNames());
    }
    Map<String, String> names = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    listed.forEach(name -> names.put(name, name));
    return names;
  }

  private static Map<String, String> options(
      PropertyReader keys, String prefix, Map<String, String> names) {
    Map<String, String> options = new HashMap<>();
    keys.named(prefix)
        .forEach(
            (written, value) -> {
              String name = names.get(written);
              boolean isOfClient =
                  written.startsWith("httpClient.") || written.startsWith("httpConnection.");
              if (name == null && !isOfClient) {
                keys.problem(prefix + written, written, "an option of Camel's HTTP endpoint");
              } else if (name != null && REFUSED.containsKey(name)) {
                keys.problem(prefix + written, written, "no such option, " + REFUSED.get(name));
              } else {
                options.put(name == null ? written : name, value);
              }
            });
    return options;
  }
}
