package io.dromedary.settings;

import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Where alerts are sent: {@code webhooks.alert} and the keys below it.
 *
 * @param uri an http or https URL, or another Camel endpoint URI
 * @param secrets secrets of Standard Webhooks; if empty, alerts are not signed
 * @param headers headers of every request, by name; values may be secrets
 * @param after how long a webhook must have been down, or up again, before an alert is sent
 * @param http how the URL is reached
 */
public record AlertSettings(
    String uri,
    List<String> secrets,
    Map<String, String> headers,
    Duration after,
    HttpOptions http) {

  private static final String KEY = "alert";

  /** Reads the settings. Returns null if {@code webhooks.alert} is not set. */
  static @Nullable AlertSettings read(CamelContext context, PropertyReader keys) {
    String written = keys.value(KEY);
    PropertyReader own = keys.below(KEY);
    // The keys below are read in any case, so that they are known keys.
    HttpOptions http = new HttpOptions(Map.of(), TlsOptions.NONE, PrivateNetworks.read(keys));
    List<String> secrets = Secrets.read(own, "signing.secret");
    for (String secret : secrets) {
      if (!DestinationReader.isStandardWebhooksSecret(secret)) {
        own.problem("signing.secret", secret, "whsec_ and the base64 form of 16 to 128 bytes");
      }
    }
    Map<String, String> headers = new DestinationReader(context, own, http.networks()).headers();
    Duration after =
        own.duration("after", Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofHours(1));
    if (written == null) {
      return null;
    }
    return new AlertSettings(uri(context, keys, written, http), secrets, headers, after, http);
  }

  private static String uri(
      CamelContext context, PropertyReader keys, String written, HttpOptions http) {
    String scheme = EndpointUri.scheme(written);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      if (!Components.has(context, written)) {
        keys.problem(KEY, EndpointUri.beginning(written), Components.expected(context, written));
      }
      return written;
    }
    try {
      String url = WebhookUrl.of(written, keys.full("alert.headers.Authorization"));
      InetAddress refused = http.networks().refused(WebhookUrl.host(url));
      if (refused != null && !http.isByProxy(context, url)) {
        keys.problem(
            KEY,
            EndpointUri.origin(url),
            "an address of the public internet (or "
                + refused.getHostAddress()
                + " in webhooks.allow-private)");
      }
      return url;
    } catch (WebhookUrl.RefusedException e) {
      keys.problem(KEY, EndpointUri.beginning(written), String.valueOf(e.getMessage()));
      return written;
    }
  }
}
