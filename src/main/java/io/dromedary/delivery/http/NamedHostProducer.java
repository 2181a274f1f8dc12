package io.dromedary.delivery.http;

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
 * Sends to hosts whose names Java's {@link URI} does not recognise: names with an underscore, which
 * Compose and Swarm give to services, and international domain names, which the HTTP client passes
 * to Camel in Unicode. Camel refuses a URI without a host, so it gets a stand-in, and the client
 * gets the real host.
 */
final class NamedHostProducer extends HttpProducer {

  private static final String STAND_IN = "webhook.invalid";

  private static final Pattern INTERNATIONAL =
      Pattern.compile("(^|\\.)xn--", Pattern.CASE_INSENSITIVE);

  private final HttpHost host;
  private final URIAuthority authority;

  /**
   * Creates a producer for that URL.
   *
   * @param endpoint the endpoint, whose URL has the {@link #standIn} as its host
   */
  NamedHostProducer(HttpEndpoint endpoint, URI url) throws URISyntaxException {
    super(endpoint);
    this.authority = URIAuthority.create(url.getRawAuthority());
    this.host = new HttpHost(url.getScheme(), authority.getHostName(), authority.getPort());
  }

  /**
   * Returns whether Java finds no host in that URL or in the form that the HTTP client makes of it.
   */
  static boolean isNeeded(URI url) {
    String host = url.getHost();
    return host == null || INTERNATIONAL.matcher(host).find();
  }

  /** Returns the URL with the stand-in as its host. */
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
