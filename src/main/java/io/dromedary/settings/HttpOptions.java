package io.dromedary.settings;

import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.EndpointUriFactory;
import org.apache.camel.support.jsse.KeyManagersParameters;
import org.apache.camel.support.jsse.KeyStoreParameters;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.jsse.TrustManagersParameters;
import org.jspecify.annotations.Nullable;

/**
 * How a webhook that speaks HTTP is reached: {@code webhooks.http.OPTION} for all of a destination,
 * {@code webhooks.N.http.OPTION} for the webhook N, counted from 1, where OPTION is one of Camel's
 * HTTP endpoint; and in the same way {@code tls.key-store} and {@code tls.trust-store}.
 *
 * @param options by the names that Camel has for them; values may be secrets
 * @param tls the webhook's own certificate and authorities, or null
 */
public record HttpOptions(Map<String, String> options, @Nullable SSLContextParameters tls) {

  /** No options. */
  public static final HttpOptions NONE = new HttpOptions(Map.of(), null);

  private static final String ONE_POST = "since an attempt is one POST of the event";
  private static final String OWN_HEADERS =
      "since only webhooks.headers.NAME are added to a request";
  private static final String BY_STATUS = "since the status decides what an answer means";
  private static final String OWN_CONNECTIONS =
      "since there are as many connections as attempts, and none is waited for";
  private static final String NO_COOKIES = "since no request depends on an earlier one";

  /** Options that would break what an attempt is, and why. */
  private static final Map<String, String> REFUSED = new HashMap<>();

  /** Options that Camel has, but does not list. */
  private static final Set<String> UNLISTED =
      Set.of("connectTimeout", "connectionRequestTimeout", "responseTimeout", "soTimeout");

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

  /** Reads those of the webhooks of a destination, in their order. */
  static List<HttpOptions> read(CamelContext context, Keys keys, List<String> urls) {
    Map<String, String> names = names(context);
    Map<String, String> forAll = options(keys, "http.", names);
    SSLContextParameters tlsForAll = tls(keys, "tls.", forAll);
    List<HttpOptions> all = new ArrayList<>();
    for (int number = 1; number <= urls.size(); number++) {
      String url = urls.get(number - 1);
      Map<String, String> options = new HashMap<>(forAll);
      Map<String, String> own = options(keys, number + ".http.", names);
      options.putAll(own);
      SSLContextParameters tls = tls(keys, number + ".tls.", own);
      boolean isHttp = url.startsWith("http:") || url.startsWith("https:");
      if (!isHttp && !(own.isEmpty() && tls == null)) {
        keys.problem(
            number + (own.isEmpty() ? ".tls.*" : ".http.*"),
            Settings.origin(url),
            "an http or https URL as webhook " + number);
      }
      all.add(new HttpOptions(Map.copyOf(options), tls == null ? tlsForAll : tls));
    }
    return List.copyOf(all);
  }

  /** The options there are, whatever the case: the environment has only one. */
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

  private static Map<String, String> options(Keys keys, String prefix, Map<String, String> names) {
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

  private static @Nullable SSLContextParameters tls(
      Keys keys, String prefix, Map<String, String> options) {
    KeyStoreParameters own = store(keys, prefix + "key-store");
    KeyStoreParameters trusted = store(keys, prefix + "trust-store");
    if (own == null && trusted == null) {
      return null;
    }
    if (options.containsKey("sslContextParameters")) {
      keys.problem(
          prefix + "*", "http.sslContextParameters beside it", "one of the two for a webhook");
    }
    SSLContextParameters tls = new SSLContextParameters();
    if (own != null) {
      KeyManagersParameters managers = new KeyManagersParameters();
      managers.setKeyStore(own);
      managers.setKeyPassword(own.getPassword());
      tls.setKeyManagers(managers);
    }
    if (trusted != null) {
      TrustManagersParameters managers = new TrustManagersParameters();
      managers.setKeyStore(trusted);
      tls.setTrustManagers(managers);
    }
    return tls;
  }

  private static @Nullable KeyStoreParameters store(Keys keys, String key) {
    String file = keys.value(key);
    String password = keys.value(key + ".password");
    if (file == null) {
      if (password != null) {
        keys.problem(key, null, "the file that " + keys.full(key + ".password") + " is for");
      }
      return null;
    }
    if (password == null) {
      keys.problem(key + ".password", null, "the password of " + keys.full(key));
      return null;
    }
    File path = new File(file.replaceFirst("^file:", ""));
    try {
      KeyStore.getInstance(path, password.toCharArray());
    } catch (IllegalArgumentException | IOException | GeneralSecurityException e) {
      keys.problem(key, file, "a file of PKCS12 or JKS that its password opens");
      return null;
    }
    KeyStoreParameters store = new KeyStoreParameters();
    store.setResource("file:" + path);
    store.setPassword(password);
    return store;
  }
}
