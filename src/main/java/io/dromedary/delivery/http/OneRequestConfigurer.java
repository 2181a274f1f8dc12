package io.dromedary.delivery.http;

import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.service.ServiceHelper;
import org.apache.camel.support.service.ServiceSupport;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.jspecify.annotations.Nullable;

/**
 * Configures Camel's HTTP client so that an attempt is exactly one request: no retries, redirects,
 * content negotiation, cookies or connection state.
 */
final class OneRequestConfigurer extends ServiceSupport implements HttpClientConfigurer {

  private final @Nullable HttpClientConfigurer userConfigurer;
  private final @Nullable String bearerToken;
  private final RequestConfig requests;
  private final HttpConnections connections;

  OneRequestConfigurer(HttpEndpoint endpoint, RequestConfig requests, HttpConnections connections) {
    this.userConfigurer = endpoint.getHttpClientConfigurer();
    this.bearerToken = (String) option(endpoint, "authBearerToken");
    this.requests = requests;
    this.connections = connections;
  }

  @Override
  public void configureHttpClient(HttpClientBuilder builder) {
    OneRequest request = new OneRequest(connections);
    builder
        .setDefaultRequestConfig(requests)
        .addExecInterceptorFirst("attempt", request)
        .addExecInterceptorLast("attempt-connected", request.whenConnected())
        .setRequestExecutor(request.executor());
    restrict(builder);
    if (userConfigurer != null) {
      // The user's configurer may create a client of its own from the builder, which has to be the
      // same.
      userConfigurer.configureHttpClient(builder);
      restrict(builder);
    }
    if (bearerToken != null) {
      // Camel would send the token only after a challenge.
      builder.addRequestInterceptorFirst(
          (head, body, httpContext) ->
              head.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + bearerToken));
    }
  }

  @Override
  protected void doStart() {
    ServiceHelper.startService(userConfigurer);
  }

  @Override
  protected void doStop() {
    ServiceHelper.stopService(userConfigurer);
  }

  private void restrict(HttpClientBuilder builder) {
    builder
        .setConnectionManager(connections)
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableContentCompression()
        .disableCookieManagement()
        .disableConnectionState()
        // Only the answer may end a connection. The default strategy would parse each request, too.
        .setConnectionReuseStrategy(
            (request, response, httpContext) ->
                DefaultConnectionReuseStrategy.INSTANCE.keepAlive(null, response, httpContext));
  }

  /** Returns the value of an option that some versions of Camel lack or have with another type. */
  static @Nullable Object option(HttpEndpoint endpoint, String name) {
    // The endpoint's own property configurer does not know the timeouts.
    return PluginHelper.getBeanIntrospection(endpoint.getCamelContext())
        .getOrElseProperty(endpoint, name, null, false);
  }
}
