package io.dromedary.delivery;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.component.http.HttpProducer;
import org.apache.hc.client5.http.classic.methods.HttpUriRequest;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.net.URIAuthority;

/**
 * Sends to a host whose name Java's {@link URI} does not know for one: those with an underscore,
 * that Compose and Swarm give to services, and those of international domains, which the HTTP
 * client shows to Camel in their own letters. Camel takes no URI without a host: it is shown one
 * that there is not, and the client the real one.
 */
final class NamedHostProducer extends HttpProducer {

  private static final String STAND_IN = "webhook.invalid";

  private static final Pattern INTERNATIONAL =
      Pattern.compile("(^|\\.)xn--", Pattern.CASE_INSENSITIVE);

  private final HttpHost host;
  private final URIAuthority authority;

  /**
   * A producer for that URL.
   *
   * @param endpoint has the URL with the {@link #standIn} for its host
   */
  NamedHostProducer(HttpEndpoint endpoint, URI url) throws URISyntaxException {
    super(endpoint);
    this.authority = URIAuthority.create(url.getRawAuthority());
    this.host = new HttpHost(url.getScheme(), authority.getHostName(), authority.getPort());
  }

  /** Whether Java knows no host of that URL, or of what the HTTP client makes of it. */
  static boolean isNeeded(URI url) {
    String host = url.getHost();
    return host == null || INTERNATIONAL.matcher(host).find();
  }

  /** The URL with another host. */
  static URI standIn(URI url) {
    String query = url.getRawQuery();
    return URI.create(
        url.getScheme() + "://" + STAND_IN + url.getRawPath() + (query == null ? "" : "?" + query));
  }

  @Override
  protected HttpHost createHost(HttpUriRequest request) {
    return host;
  }

  @Override
  protected HttpUriRequest createMethod(Exchange exchange) throws Exception {
    HttpUriRequest request = super.createMethod(exchange);
    request.setAuthority(authority);
    return request;
  }
}
