package io.dromedary.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The URL at which senders reach the server, for example a proxy in front of it.
 *
 * @param isPlain whether the URL is http and not https
 * @param place host, port and path, without a slash at the end
 */
public record PublicUrl(boolean isPlain, String place) {

  private static final String KEY = "public-url";

  /** Reads {@code webhooks.public-url}. Returns null if it is not set or wrong. */
  static @Nullable PublicUrl read(PropertyReader keys) {
    String found = keys.value(KEY);
    if (found == null) {
      return null;
    }
    try {
      URI url = new URI(found.strip());
      String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
      boolean isWeb = scheme.equals("http") || scheme.equals("https");
      if (isWeb
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawQuery() == null
          && url.getRawFragment() == null) {
        String path = url.getRawPath().replaceFirst("/+$", "");
        return new PublicUrl(scheme.equals("http"), url.getRawAuthority() + path);
      }
    } catch (URISyntaxException e) {
      // Reported below.
    }
    keys.problem(
        KEY,
        EndpointUri.beginning(found),
        "a URL without a user, a query or a fragment, such as https://events.example");
    return null;
  }
}
