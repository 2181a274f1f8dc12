package io.dromedary.delivery;

import io.dromedary.settings.DestinationSettings;
import java.net.URI;
import java.util.HashSet;
import java.util.Set;
import javax.net.ssl.SSLContext;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.http.common.HttpMethods;
import org.apache.camel.support.DefaultHeaderFilterStrategy;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.hc.client5.http.classic.HttpClient;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.message.LazyLaxLineParser;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.ssl.SSLContexts;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;

/**
 * Makes the endpoints of a destination's webhooks. They are built on an HTTP component of their
 * own, so that neither a host's options change our requests nor ours the host's, and without
 * putting a URL, which may hold a secret, into an endpoint URI.
 */
final class WebhookEndpoints {

  /** The client's own default is no limit: an answer of headers without end would fill memory. */
  private static final Http1Config HEADERS =
      Http1Config.custom().setMaxHeaderCount(200).setMaxLineLength(16 * 1024).build();

  private static final ManagedHttpClientConnectionFactory CONNECTIONS =
      ManagedHttpClientConnectionFactory.builder()
          .http1Config(HEADERS)
          // Of the many headers of an answer hardly one is looked at.
          .responseParserFactory(
              new DefaultHttpResponseParserFactory(HEADERS, LazyLaxLineParser.INSTANCE, null))
          .build();

  private final CamelContext context;
  private final DestinationSettings settings;
  private final HttpComponent component = new HttpComponent();
  private final AttemptDeadline deadline;

  WebhookEndpoints(CamelContext context, DestinationSettings settings, AttemptDeadline deadline) {
    this.context = context;
    this.settings = settings;
    this.deadline = deadline;
    component.setCamelContext(context);
  }

  Endpoint endpoint(String url, int index) {
    if (!url.startsWith("http:") && !url.startsWith("https:")) {
      return context.getEndpoint(url);
    }
    HttpEndpoint endpoint =
        new WebhookEndpoint("webhook://" + settings.name() + "/" + (index + 1), URI.create(url));
    endpoint.setCamelContext(context);
    endpoint.setHttpMethod(HttpMethods.POST);
    endpoint.setUserAgent(settings.userAgent());
    endpoint.setThrowExceptionOnFailure(false);
    endpoint.setSkipControlHeaders(true);
    endpoint.setCopyHeaders(false);
    endpoint.setHeaderFilterStrategy(new OwnHeaders(settings));
    return endpoint;
  }

  /** A pool a webhook: one that hangs cannot take the others' connections. */
  private PoolingHttpClientConnectionManager connections() {
    Timeout timeout = Timeout.of(settings.timeout());
    return PoolingHttpClientConnectionManagerBuilder.create()
        .setConnectionFactory(CONNECTIONS)
        .setTlsSocketStrategy(new DefaultClientTlsStrategy(sslContext()))
        .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
        // As many as there can be attempts: nobody ever waits for a connection.
        .setMaxConnPerRoute(settings.inFlight())
        .setMaxConnTotal(settings.inFlight())
        .setDefaultSocketConfig(SocketConfig.custom().setSoTimeout(timeout).build())
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

  /** One attempt is one request: nothing is repeated, followed, negotiated or remembered. */
  private void configure(HttpClientBuilder builder) {
    builder
        .disableAutomaticRetries()
        .disableRedirectHandling()
        .disableContentCompression()
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
                .setConnectionRequestTimeout(Timeout.of(settings.timeout()))
                .setResponseTimeout(Timeout.of(settings.timeout()))
                .setExpectContinueEnabled(false)
                .setProtocolUpgradeEnabled(false)
                .build())
        .addExecInterceptorFirst("attempt-deadline", deadline);
  }

  /** Connects no sooner than it is used: the context's TLS settings come after its beans. */
  private final class WebhookEndpoint extends HttpEndpoint {

    WebhookEndpoint(String name, URI url) {
      super(
          name, component, url, HttpClientBuilder.create(), null, WebhookEndpoints.this::configure);
    }

    @Override
    protected HttpClient createHttpClient() {
      setClientConnectionManager(connections());
      return super.createHttpClient();
    }
  }

  /** Lets only the headers through that this destination sets itself. */
  private static final class OwnHeaders extends DefaultHeaderFilterStrategy {

    private final Set<String> names;

    OwnHeaders(DestinationSettings settings) {
      Set<String> own = new HashSet<>(settings.headers().keySet());
      own.addAll(Set.of("X-Signature", "webhook-id", "webhook-timestamp", "webhook-signature"));
      names = Set.copyOf(own);
    }

    @Override
    public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
      return !names.contains(name);
    }

    @Override
    public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
      return false;
    }
  }
}
