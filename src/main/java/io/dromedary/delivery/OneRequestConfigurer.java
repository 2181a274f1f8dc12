package io.dromedary.delivery;

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
 * Makes of the client that Camel builds one whose attempts are one request each: nothing is
 * repeated, followed, negotiated or remembered.
 */
final class OneRequestConfigurer extends ServiceSupport implements HttpClientConfigurer {

  private final @Nullable HttpClientConfigurer theirs;
  private final @Nullable String bearerToken;
  private final RequestConfig requests;
  private final HttpConnections connections;

  OneRequestConfigurer(HttpEndpoint endpoint, RequestConfig requests, HttpConnections connections) {
    this.theirs = endpoint.getHttpClientConfigurer();
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
    refuse(builder);
    if (theirs != null) {
      // It may make a client of its own of this, which has to be like that.
      theirs.configureHttpClient(builder);
      refuse(builder);
    }
    if (bearerToken != null) {
      // Camel would wait to be asked for it.
      builder.addRequestInterceptorFirst(
          (head, body, httpContext) ->
              head.setHeader(HttpHeaders.AUTHORIZATION, "Bearer " + bearerToken));
    }
  }

  @Override
  protected void doStart() {
    ServiceHelper.startService(theirs);
  }

  @Override
  protected void doStop() {
    ServiceHelper.stopService(theirs);
  }

  private void refuse(HttpClientBuilder builder) {
    builder
        .setConnectionManager(connections)
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableContentCompression()
        .disableCookieManagement()
        .disableConnectionState()
        // Only the answer may end a connection: the client would parse each request for it.
        .setConnectionReuseStrategy(
            (request, response, httpContext) ->
                DefaultConnectionReuseStrategy.INSTANCE.keepAlive(null, response, httpContext));
  }

  /** The value of an option that not every version of Camel has, or not of the same type. */
  static @Nullable Object option(HttpEndpoint endpoint, String name) {
    // Its configurer does not know the time-outs.
    return PluginHelper.getBeanIntrospection(endpoint.getCamelContext())
        .getOrElseProperty(endpoint, name, null, false);
  }
}
