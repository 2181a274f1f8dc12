package io.dromedary.delivery;

import io.dromedary.settings.DestinationSettings;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManager;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.reactor.IOReactorConfig;
import org.apache.hc.core5.ssl.SSLContexts;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Makes the endpoints of a destination's webhooks. Those of HTTP have a client of their own, so
 * that neither a host's options change our requests nor ours the host's. It is the one that Camel's
 * HTTP component has, in its asynchronous form: the component lets a thread wait for each answer.
 */
final class WebhookEndpoints {

  /**
   * Of a connection. The client's own default for headers is no limit: an answer of headers without
   * end would fill memory. Its default for each of three buffers is 8 KiB, and there may be
   * thousands of connections; what does not fit is sent and read in pieces.
   */
  private static final Http1Config CONNECTION =
      Http1Config.custom()
          .setBufferSize(2048)
          .setMaxHeaderCount(200)
          .setMaxLineLength(16 * 1024)
          .build();

  /** The others run rounds and what comes in. */
  private static final int IO_THREADS = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);

  private final CamelContext context;
  private final DestinationSettings settings;
  private final HttpAttempts attempts;
  private final List<String> headers;

  /**
   * The endpoints of a destination.
   *
   * @param gate is closed while too many attempts have begun
   */
  WebhookEndpoints(CamelContext context, DestinationSettings settings, StartGate gate) {
    this.context = context;
    this.settings = settings;
    this.attempts = new HttpAttempts(settings.name(), settings.timeout(), this::httpClient, gate);
    this.headers = new ArrayList<>(settings.headers().keySet());
    headers.addAll(List.of("X-Signature", "webhook-id", "webhook-timestamp", "webhook-signature"));
  }

  /** The attempts at those that speak HTTP. */
  HttpAttempts attempts() {
    return attempts;
  }

  Endpoint endpoint(String url, int index) {
    if (!url.startsWith("http:") && !url.startsWith("https:")) {
      return context.getEndpoint(url);
    }
    // Not named by its URL, which may hold a secret.
    String name = "webhook://" + settings.name() + "/" + (index + 1);
    HttpWebhookEndpoint endpoint =
        new HttpWebhookEndpoint(name, URI.create(url), headers, attempts);
    endpoint.setCamelContext(context);
    return endpoint;
  }

  /** One attempt is one request: nothing is repeated, followed, negotiated or remembered. */
  private HttpAsyncClientBuilder httpClient() {
    // What has no deadline any more ends by this, such as a connect: later, so that it is the
    // deadline that an operator is told of.
    Timeout timeout = Timeout.of(settings.timeout().plusSeconds(1));
    return HttpAsyncClientBuilder.create()
        .setConnectionManager(connections(timeout))
        .setIOReactorConfig(
            IOReactorConfig.custom().setIoThreadCount(IO_THREADS).setSoTimeout(timeout).build())
        .setHttp1Config(CONNECTION)
        .setUserAgent(settings.userAgent())
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableConnectionState()
        // Only the answer may end a connection: the client would parse each of our requests for it.
        .setConnectionReuseStrategy(
            (request, response, httpContext) ->
                DefaultConnectionReuseStrategy.INSTANCE.keepAlive(null, response, httpContext))
        .evictExpiredConnections()
        .evictIdleConnections(TimeValue.ofMinutes(1))
        .setDefaultRequestConfig(
            RequestConfig.custom()
                .setConnectionRequestTimeout(timeout)
                .setResponseTimeout(timeout)
                .setExpectContinueEnabled(false)
                .setProtocolUpgradeEnabled(false)
                .build());
  }

  private PoolingAsyncClientConnectionManager connections(Timeout timeout) {
    // As many as there can be attempts, and as many that still connect although they have expired:
    // nobody ever waits for a connection, so a webhook that hangs cannot take the others'.
    int most = 2 * settings.inFlight() * settings.urls().size();
    return PoolingAsyncClientConnectionManagerBuilder.create()
        .setTlsStrategy(new DefaultClientTlsStrategy(sslContext()))
        .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
        .setMaxConnPerRoute(most)
        .setMaxConnTotal(most)
        .setDefaultTlsConfig(
            TlsConfig.custom()
                .setVersionPolicy(HttpVersionPolicy.FORCE_HTTP_1)
                .setHandshakeTimeout(timeout)
                .build())
        .setDefaultConnectionConfig(
            ConnectionConfig.custom()
                .setConnectTimeout(timeout)
                .setSocketTimeout(timeout)
                .setValidateAfterInactivity(TimeValue.ofMilliseconds(500))
                .setTimeToLive(TimeValue.ofMinutes(10))
                .build())
        .build();
  }

  private SSLContext sslContext() {
    SSLContextParameters parameters = context.getSSLContextParameters();
    try {
      return parameters == null
          ? SSLContexts.createSystemDefault()
          : parameters.createSSLContext(context);
    } catch (Exception e) {
      throw new IllegalStateException("The TLS settings cannot be used: " + e.getMessage(), e);
    }
  }
}
