package io.dromedary.delivery;

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
 * A webhook that speaks HTTP, through the context's own component of Camel's: its options act, and
 * those of an endpoint. What would make more of an attempt than one request, or less, is decided
 * here. The endpoint is not in the context's registry and not named by the URL, which may hold a
 * secret.
 */
final class HttpTarget implements Target {

  /** Without a charset, which JSON has not. */
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
   * How a webhook is spoken to.
   *
   * @param http options of Camel's HTTP endpoint, of TLS, and where the webhook may be
   */
  record Options(Duration timeout, String userAgent, HttpOptions http) {

    Map<String, String> endpoint() {
      return http.options();
    }
  }

  /** An endpoint that has started. */
  private record Client(
      HttpEndpoint endpoint, Processor producer, HttpConnections connections, Future<?> eviction) {}

  /**
   * A webhook of that URL.
   *
   * @param headers the names of those that a request may have of a message
   * @param lookup looks up hosts
   */
  HttpTarget(
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

  /** The one that the host configures, unless something else has its name. */
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
    // Camel's default is that of the webhook; but hardly any proxy speaks TLS to its clients.
    if (component.getProxyAuthScheme() == null) {
      parameters.putIfAbsent("proxyAuthScheme", "http");
    }
    HttpEndpoint endpoint =
        (HttpEndpoint) component.createEndpoint(url.getScheme() + "://webhook", parameters);
    endpoint.setHttpUri(NamedHostProducer.isNeeded(url) ? NamedHostProducer.standIn(url) : url);
    if (endpoint.getAuthUsername() != null
        && !"NTLM".equalsIgnoreCase(endpoint.getAuthMethod())
        && !options.endpoint().containsKey("authenticationPreemptive")) {
      // Or else the first request would be made only to be told that it is not enough.
      endpoint.setAuthenticationPreemptive(true);
    }
    endpoint.setHttpMethod(HttpMethods.POST);
    endpoint.setUserAgent(options.userAgent);
    endpoint.setThrowExceptionOnFailure(false);
    endpoint.setFollowRedirects(false);
    // Camel 4.10 has no such option, and what is sent here has no headers that it would read.
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
    // Three minutes otherwise, and a read with a time-out of its own is up to seven system calls
    // in place of one: the deadline closes the socket.
    SocketConfig.Builder sockets =
        SocketConfig.custom().setTcpNoDelay(true).setSoTimeout(Timeout.DISABLED);
    bind("httpConnection.", sockets);
    // Or else somewhat later than the deadline, which an operator is to be told of.
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

  /** How TLS is spoken to it. */
  ClientTls tls() throws Exception {
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

  /** The most particular there is: of the webhook, of the component, of the context. */
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

  /** An option that is a number of milliseconds, and was a {@link Timeout} in Camel 4.10. */
  private static long millis(HttpEndpoint endpoint, String option) {
    Object value = OneRequestConfigurer.option(endpoint, option);
    if (value instanceof Timeout timeout) {
      return timeout.toMilliseconds();
    }
    return value instanceof Number number ? number.longValue() : 0;
  }

  /** Whether it is something else than Camel's own default, which is far beyond every deadline. */
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

  /** Lets only the headers through that the destination sets itself. */
  private record OwnHeaders(Set<String> names) implements HeaderFilterStrategy {

    @Override
    public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
      // The body has the other.
      return !names.contains(name) || name.equals(Exchange.CONTENT_TYPE);
    }

    @Override
    public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
      return false;
    }
  }
}
