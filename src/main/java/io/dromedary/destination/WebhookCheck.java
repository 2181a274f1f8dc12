package io.dromedary.destination;

import io.dromedary.delivery.attempt.AttemptTimer;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.delivery.http.PermittedLookup;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import org.apache.camel.CamelContext;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection;
import org.apache.hc.core5.http.message.BasicClassicHttpRequest;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Checks step by step whether a webhook can be reached, in the same way as an attempt. It does not
 * connect to addresses that webhooks may not use. Each step is bounded by the timeout of an
 * attempt.
 */
public final class WebhookCheck {

  private static final Duration SOON = Duration.ofDays(21);
  private static final Duration MOST_SKEW = Duration.ofSeconds(30);
  private static final Http1Config HTTP =
      Http1Config.custom().setMaxHeaderCount(200).setMaxLineLength(16 * 1024).build();

  private final CamelContext context;
  private final DestinationSettings settings;
  private final int number;
  private final URI url;

  /** The severity of a finding. */
  public enum Level {
    OK,
    UNKNOWN,
    WARNING,
    FAILED
  }

  /**
   * The result of a step.
   *
   * @param detail a sentence for an operator, without secrets
   */
  public record Finding(String step, Level level, String detail) {}

  /**
   * Creates a check of a webhook.
   *
   * @param number the number of the webhook in its destination, from 1
   */
  public WebhookCheck(CamelContext context, DestinationSettings settings, int number) {
    this.context = context;
    this.settings = settings;
    this.number = number;
    this.url = URI.create(settings.urls().get(number - 1));
  }

  /** Returns whether the webhook uses HTTP. */
  public boolean isHttp() {
    return List.of("http", "https").contains(String.valueOf(url.getScheme()));
  }

  /**
   * Looks up the host, connects, and performs the TLS handshake.
   *
   * @param withHead whether to send a HEAD request, too
   */
  public List<Finding> connect(boolean withHead) {
    List<Finding> findings = new ArrayList<>();
    if (settings.http().get(number - 1).isByProxy(context, url.toString())) {
      findings.add(new Finding("connect", Level.UNKNOWN, "it is sent to by a proxy: --send"));
      return findings;
    }
    Steps steps = new Steps(findings);
    try {
      connect(withHead, steps);
    } catch (IOException | HttpException e) {
      steps.failed(e);
    } catch (Exception e) {
      steps.failed(new IOException("TLS cannot be set up: " + e.getMessage(), e));
    }
    return findings;
  }

  /** The findings so far and the present step. */
  private static final class Steps {
    private final List<Finding> findings;
    private String step = "dns";
    private long startNanos = System.nanoTime();

    Steps(List<Finding> findings) {
      this.findings = findings;
    }

    void next(String next) {
      step = next;
      startNanos = System.nanoTime();
    }

    void found(Level level, String detail) {
      findings.add(new Finding(step, level, detail));
    }

    void failed(Exception e) {
      found(Level.FAILED, Outcome.of(e).reason());
    }

    String took() {
      return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos) + " ms";
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // The socket is not used any more.
    }
  }

  private void connect(boolean withHead, Steps steps) throws Exception {
    boolean isSecure = "https".equals(url.getScheme());
    String authority = url.getRawAuthority();
    String host = authority.replaceFirst(":\\d*$", "").replaceAll("[\\[\\]]", "");
    int port = port(authority, isSecure ? 443 : 80);
    PermittedLookup lookup =
        new PermittedLookup(
            SystemDefaultDnsResolver.INSTANCE, settings.http().get(number - 1).networks());
    List<InetSocketAddress> addresses = lookup.resolve(host, port);
    steps.found(
        Level.OK,
        addresses.stream().map(WebhookCheck::shown).collect(Collectors.joining(", "))
            + " in "
            + steps.took());
    steps.next("connect");
    try (Socket socket = connected(addresses, steps)) {
      // Each step has a timeout of its own; this one bounds a receiver that sends byte by byte.
      Future<?> end = AttemptTimer.after(settings.timeout().multipliedBy(2), () -> close(socket));
      try {
        Socket spoken = socket;
        if (isSecure) {
          steps.next("tls");
          SSLSocket secure =
              target()
                  .tls()
                  .upgrade(socket, host, port, TlsConfig.DEFAULT, HttpCoreContext.create());
          tls(secure.getSession(), steps);
          spoken = secure;
        }
        steps.next("skew");
        if (withHead) {
          head(spoken, authority, steps);
        } else {
          steps.found(Level.UNKNOWN, "not known without a request: --head");
        }
      } finally {
        end.cancel(false);
      }
    }
  }

  private static String shown(InetSocketAddress address) {
    return address.getAddress().getHostAddress();
  }

  /** Connects to the first address that accepts a connection, as an attempt does. */
  private Socket connected(List<InetSocketAddress> addresses, Steps steps) throws IOException {
    int timeoutMillis = (int) settings.timeout().toMillis();
    StringBuilder refused = new StringBuilder();
    IOException failure = new UnknownHostException();
    for (InetSocketAddress address : addresses) {
      Socket socket = new Socket();
      try {
        socket.connect(address, timeoutMillis);
        socket.setSoTimeout(timeoutMillis);
        steps.found(
            Level.OK,
            shown(address) + " port " + address.getPort() + " in " + steps.took() + refused);
        return socket;
      } catch (IOException e) {
        close(socket);
        failure = e;
        refused.append("; not to ").append(shown(address)).append(": ");
        refused.append(Outcome.of(e).reason());
      }
    }
    throw failure;
  }

  private static int port(String authority, int fallback) {
    String[] parts = authority.split(":(?=\\d+$)", 2);
    return parts.length == 1 ? fallback : Integer.parseInt(parts[1]);
  }

  private HttpTarget target() {
    return new HttpTarget(
        context,
        url,
        new HttpTarget.Options(
            settings.timeout(), settings.userAgent(), settings.http().get(number - 1)),
        WebhookAttempts.headers(settings),
        new HeadBudget(1 << 20),
        SystemDefaultDnsResolver.INSTANCE);
  }

  private void tls(SSLSession session, Steps steps) throws IOException {
    Certificate[] chain = session.getPeerCertificates();
    String spoken = session.getProtocol() + " in " + steps.took();
    if (!(chain[0] instanceof X509Certificate certificate)) {
      steps.found(Level.OK, spoken);
      return;
    }
    Instant end = certificate.getNotAfter().toInstant();
    Duration left = Duration.between(Settings.clock(context).instant(), end);
    steps.found(
        left.compareTo(SOON) < 0 ? Level.WARNING : Level.OK,
        spoken
            + ", "
            + certificate.getSubjectX500Principal().getName()
            + ", "
            + left.toDays()
            + " days left, until "
            + end.atZone(ZoneOffset.UTC).toLocalDate());
  }

  private void head(Socket socket, String authority, Steps steps)
      throws IOException, HttpException {
    steps.next("head");
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    BasicClassicHttpRequest request = new BasicClassicHttpRequest("HEAD", path + query);
    request.setHeader("Host", authority);
    request.setHeader("User-Agent", settings.userAgent());
    request.setHeader("Connection", "close");
    settings.headers().forEach(request::setHeader);
    try (DefaultBHttpClientConnection connection = new DefaultBHttpClientConnection(HTTP)) {
      connection.bind(socket);
      connection.setSocketTimeout(Timeout.of(settings.timeout()));
      connection.sendRequestHeader(request);
      connection.flush();
      ClassicHttpResponse answer = connection.receiveResponseHeader();
      steps.found(Level.OK, "answered " + answer.getCode() + " in " + steps.took());
      skew(answer.getFirstHeader("Date"), steps);
    }
  }

  private void skew(@Nullable Header date, Steps steps) {
    Instant now = Settings.clock(context).instant();
    steps.next("skew");
    try {
      Instant theirs =
          ZonedDateTime.parse(
                  date == null ? "" : date.getValue(), DateTimeFormatter.RFC_1123_DATE_TIME)
              .toInstant();
      // The header has no fractions of a second.
      Duration skew = Duration.between(now.truncatedTo(ChronoUnit.SECONDS), theirs);
      boolean isFar = skew.abs().compareTo(MOST_SKEW) > 0;
      steps.found(
          isFar ? Level.WARNING : Level.OK,
          "its clock is "
              + skew.abs().toSeconds()
              + " s "
              + (skew.isNegative() ? "behind" : "ahead"));
    } catch (DateTimeParseException e) {
      steps.found(Level.UNKNOWN, "its answer has no Date");
    }
  }

  /**
   * Sends a signed event as an attempt does. The context must have been started.
   *
   * @return the outcome
   */
  public Finding send() throws InterruptedException {
    return TestEvent.send(context, settings, target(), EndpointUri.origin(url.toString()));
  }
}
