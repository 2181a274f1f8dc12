package io.dromedary.delivery.http;

import io.dromedary.delivery.attempt.Attempt;
import io.dromedary.delivery.attempt.AttemptTimer;
import io.dromedary.delivery.attempt.ConnectionFigures;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.delivery.tls.ClientCertificateException;
import io.dromedary.delivery.tls.ClientTls;
import io.dromedary.delivery.tls.TlsContexts;
import io.dromedary.settings.HttpOptions;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Future;
import javax.net.ssl.HostnameVerifier;
import org.apache.camel.CamelContext;
import org.apache.camel.Component;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.component.http.HttpEndpoint;
import org.apache.camel.http.common.HttpMethods;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.apache.camel.support.PropertyBindingSupport;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.service.ServiceHelper;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Sends to a webhook by HTTP, through the context's own Camel HTTP component. Its options and those
 * of the endpoint apply, except for those that would make an attempt more or less than one request.
 * The endpoint is neither registered with the context nor named by the URL, which may hold a
 * secret.
 */
public final class HttpTarget implements Target {

  /** Without a charset parameter, which JSON does not define. */
  private static final ContentType JSON = ContentType.create("application/json");

  private static final Duration EVICTION = Duration.ofSeconds(20);

  private final CamelContext context;
  private final URI url;
  private final Options options;
  private final Set<String> headers;
  private final HeadBudget budget;
  private final DnsResolver lookup;
  private final ConnectionFigures figures;
  private volatile @Nullable Client client;

  /**
   * The options of the requests.
   *
   * @param http options of Camel's HTTP endpoint, TLS settings, and permitted private networks
   */
  public record Options(Duration timeout, String userAgent, HttpOptions http) {

    Map<String, String> endpoint() {
      return http.options();
    }
  }

  /** A started endpoint. */
  private record Client(
      HttpEndpoint endpoint, Processor producer, HttpConnections connections, Future<?> eviction) {}

  /**
   * Creates a target for that URL.
   *
   * @param headers the names of the message headers that a request may have
   * @param lookup resolves hosts
   */
  public HttpTarget(
      CamelContext context,
      URI url,
      Options options,
      Set<String> headers,
      HeadBudget budget,
      DnsResolver lookup) {
    this.context = context;
    this.url = url;
    this.options = options;
    this.headers = Set.copyOf(headers);
    this.budget = budget;
    this.lookup = lookup;
    this.figures = new ConnectionFigures(url);
  }

  @Override
  public ConnectionFigures connections() {
    return figures;
  }

  @Override
  public void start() throws Exception {
    HttpComponent component = component();
    HttpEndpoint endpoint = endpoint(component);
    HttpConnections connections = connections(component, endpoint);
    if (endpoint.getClientConnectionManager() != component.getClientConnectionManager()) {
      endpoint.getClientConnectionManager().close();
    }
    endpoint.setClientConnectionManager(connections);
    endpoint.setHttpClientConfigurer(
        new OneRequestConfigurer(endpoint, requests(endpoint), connections));
    Producer producer =
        NamedHostProducer.isNeeded(url)
            ? new NamedHostProducer(endpoint, url)
            : endpoint.createProducer();
    ServiceHelper.startService(endpoint, producer);
    client =
        new Client(
            endpoint, producer, connections, AttemptTimer.every(EVICTION, connections::evict));
  }

  @Override
  public void send(Exchange exchange) throws Exception {
    Client current = client;
    if (current == null) {
      throw new IllegalStateException("the webhook has stopped");
    }
    Message message = exchange.getIn();
    String type = message.getHeader(Exchange.CONTENT_TYPE, String.class);
    boolean isJson = type == null || type.equals(JSON.getMimeType());
    message.setBody(
        new ByteArrayEntity(
            message.getMandatoryBody(byte[].class), isJson ? JSON : ContentType.parse(type)));
    try {
      current.producer.process(exchange);
    } catch (Exception e) {
      Attempt attempt = Attempt.current();
      throw attempt != null && attempt.lacksCertificate() ? new ClientCertificateException(e) : e;
    }
  }

  @Override
  public void stop() {
    Client last = client;
    client = null;
    if (last != null) {
      last.eviction.cancel(false);
      ServiceHelper.stopService(last.producer, last.endpoint);
      last.connections.shutDown();
    }
  }

  /**
   * Returns the component that the host configures, or a new one if the name has another meaning.
   */
  private HttpComponent component() {
    Component component = context.getComponent(url.getScheme());
    if (component instanceof HttpComponent http) {
      return http;
    }
    HttpComponent own = new HttpComponent();
    own.setCamelContext(context);
    return own;
  }

  private HttpEndpoint endpoint(HttpComponent component) throws Exception {
    Map<String, Object> parameters = new HashMap<>(options.endpoint());
    // Camel's default is the webhook's scheme, but hardly any proxy uses TLS with its clients.
    if (component.getProxyAuthScheme() == null) {
      parameters.putIfAbsent("proxyAuthScheme", "http");
    }
    HttpEndpoint endpoint =
        (HttpEndpoint) component.createEndpoint(url.getScheme() + "://webhook", parameters);
    endpoint.setHttpUri(NamedHostProducer.isNeeded(url) ? NamedHostProducer.standIn(url) : url);
    if (endpoint.getAuthUsername() != null
        && !"NTLM".equalsIgnoreCase(endpoint.getAuthMethod())
        && !options.endpoint().containsKey("authenticationPreemptive")) {
      // Otherwise the first request would be sent without credentials, only to be refused.
      endpoint.setAuthenticationPreemptive(true);
    }
    endpoint.setHttpMethod(HttpMethods.POST);
    endpoint.setUserAgent(options.userAgent);
    endpoint.setThrowExceptionOnFailure(false);
    endpoint.setFollowRedirects(false);
    // Camel 4.10 lacks this option. The requests sent here have no headers that it would act on.
    component
        .getEndpointPropertyConfigurer()
        .configure(context, endpoint, "skipControlHeaders", true, true);
    endpoint.setSkipRequestHeaders(false);
    endpoint.setSkipResponseHeaders(false);
    endpoint.setCopyHeaders(false);
    endpoint.setClearExpiredCookies(false);
    endpoint.setHeaderFilterStrategy(new OwnHeaders(headers));
    return endpoint;
  }

  private HttpConnections connections(HttpComponent component, HttpEndpoint endpoint)
      throws Exception {
    // The default is three minutes, and a read with a timeout takes up to seven system calls
    // instead of one. The attempt's deadline closes the socket anyway.
    SocketConfig.Builder sockets =
        SocketConfig.custom().setTcpNoDelay(true).setSoTimeout(Timeout.DISABLED);
    bind("httpConnection.", sockets);
    // By default a second after the deadline, so that operators see the deadline as the reason.
    Timeout connect =
        isSet(millis(endpoint, "connectTimeout"))
            ? Timeout.ofMilliseconds(millis(endpoint, "connectTimeout"))
            : Timeout.of(options.timeout.plusSeconds(1));
    return new HttpConnections(
        connect,
        sockets.build(),
        tls(component, endpoint),
        budget,
        figures,
        new PermittedLookup(lookup, options.http.networks()));
  }

  /** Returns the TLS strategy of the webhook. */
  public ClientTls tls() throws Exception {
    HttpComponent component = component();
    return tls(component, endpoint(component));
  }

  private ClientTls tls(HttpComponent component, HttpEndpoint endpoint) throws Exception {
    HostnameVerifier hosts = endpoint.getX509HostnameVerifier();
    return new ClientTls(
        TlsContexts.of(context, stores(component, endpoint), Attempt::isAskedForCertificate),
        options.http.tls().protocols(),
        options.http.tls().cipherSuites(),
        hosts == null ? component.getX509HostnameVerifier() : hosts);
  }

  /**
   * Returns the most specific parameters: of the webhook, the endpoint, the component or the
   * context.
   */
  private @Nullable SSLContextParameters stores(HttpComponent component, HttpEndpoint endpoint) {
    SSLContextParameters parameters = options.http.tls().stores();
    if (parameters == null) {
      parameters = endpoint.getSslContextParameters();
    }
    if (parameters == null) {
      parameters = component.getSslContextParameters();
    }
    return parameters == null ? context.getSSLContextParameters() : parameters;
  }

  private RequestConfig requests(HttpEndpoint endpoint) {
    RequestConfig.Builder requests = RequestConfig.custom();
    requests.setConnectionRequestTimeout(Timeout.of(options.timeout));
    if (millis(endpoint, "responseTimeout") > 0) {
      requests.setResponseTimeout(Timeout.ofMilliseconds(millis(endpoint, "responseTimeout")));
    } else if (isSet(millis(endpoint, "soTimeout"))) {
      requests.setResponseTimeout(Timeout.ofMilliseconds(millis(endpoint, "soTimeout")));
    }
    bind("httpClient.", requests);
    return requests
        .setExpectContinueEnabled(false)
        .setProtocolUpgradeEnabled(false)
        .setRedirectsEnabled(false)
        .build();
  }

  /** Returns an option in milliseconds, which was a {@link Timeout} in Camel 4.10. */
  private static long millis(HttpEndpoint endpoint, String option) {
    Object value = OneRequestConfigurer.option(endpoint, option);
    if (value instanceof Timeout timeout) {
      return timeout.toMilliseconds();
    }
    return value instanceof Number number ? number.longValue() : 0;
  }

  /** Returns whether a timeout differs from Camel's default, which is far beyond every deadline. */
  private static boolean isSet(long timeoutMillis) {
    return timeoutMillis > 0 && timeoutMillis != 3 * 60_000;
  }

  private void bind(String prefix, Object builder) {
    Map<String, Object> properties = new HashMap<>();
    options
        .endpoint()
        .forEach(
            (name, value) -> {
              if (name.startsWith(prefix)) {
                properties.put(name.substring(prefix.length()), value);
              }
            });
    PropertyBindingSupport.bindProperties(context, builder, properties);
  }

  /** Lets only headers through that the destination sets itself. */
  private record OwnHeaders(Set<String> names) implements HeaderFilterStrategy {

    @Override
    public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
      // The content type is set with the body.
      return !names.contains(name) || name.equals(Exchange.CONTENT_TYPE);
    }

    @Override
    public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
      return false;
    }
  }
}
