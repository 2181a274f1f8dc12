package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.delivery.attempt.AttemptTimer;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.Signal;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.settings.HttpOptions;
import io.dromedary.settings.PrivateNetworks;
import io.dromedary.settings.TlsOptions;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.component.http.HttpClientConfigurer;
import org.apache.camel.component.http.HttpComponent;
import org.apache.camel.http.common.HttpConfiguration;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.message.BasicHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests options of Camel's HTTP component and endpoints at webhooks. */
class HttpOptionsTest {

  private static final Duration LONG = Duration.ofSeconds(20);

  private final CamelContext context = new DefaultCamelContext();
  private final Receiver receiver = Receiver.start();
  private final Receiver tokens = Receiver.start();
  private final Map<String, String> options = new HashMap<>();
  private String url = receiver.url("/hook?key=value");
  private Duration timeout = LONG;
  private PrivateNetworks networks = new PrivateNetworks(true, List.of());

  @AfterEach
  void close() {
    context.stop();
    receiver.close();
    tokens.close();
  }

  private Outcome attempt() throws Exception {
    context.start();
    Attempts attempts =
        new Attempts(
            context,
            "test",
            new HttpTarget(
                context,
                URI.create(url),
                new HttpTarget.Options(
                    timeout, "Segment.io/1.0", new HttpOptions(options, TlsOptions.NONE, networks)),
                Set.of("X-Ours"),
                new HeadBudget(1 << 20),
                SystemDefaultDnsResolver.INSTANCE),
            Set.of("X-Ours"),
            timeout,
            10,
            Runnable::run,
            Clock.systemUTC());
    attempts.start();
    try {
      Exchange exchange = new DefaultExchange(context);
      exchange.getIn().setBody("{}".getBytes(UTF_8));
      CompletableFuture<Outcome> outcome = new CompletableFuture<>();
      attempts.start(
          exchange,
          isSync -> outcome.complete(exchange.getProperty(Attempts.OUTCOME, Outcome.class)));
      return outcome.get(LONG.toSeconds(), TimeUnit.SECONDS);
    } finally {
      attempts.stop();
    }
  }

  private Request only() {
    assertThat(receiver.requests()).hasSize(1);
    return receiver.requests().get(0);
  }

  private HttpComponent component() {
    return context.getComponent("http", HttpComponent.class);
  }

  private void byProxy() {
    url = "http://webhook.invalid/hook?key=value";
  }

  @Test
  void aProxyOfTheWebhook() throws Exception {
    byProxy();
    options.put("proxyHost", "127.0.0.1");
    options.put("proxyPort", String.valueOf(receiver.port()));
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().path()).isEqualTo("http://webhook.invalid/hook?key=value");
  }

  @Test
  void aProxyOfTheComponent() throws Exception {
    byProxy();
    component().setProxyHost("127.0.0.1");
    component().setProxyPort(receiver.port());
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().path()).isEqualTo("http://webhook.invalid/hook?key=value");
  }

  @Test
  void aProxyForTlsIsSpokenToInPlainText() throws Exception {
    url = "https://webhook.invalid/hook";
    options.put("proxyHost", "127.0.0.1");
    options.put("proxyPort", String.valueOf(receiver.port()));
    receiver.answer(Answer.status(403));
    // The answer of the proxy itself.
    assertThat(attempt().kind()).isEqualTo(PERMANENT);
    assertThat(only().method()).isEqualTo("CONNECT");
    assertThat(only().path()).isEqualTo("webhook.invalid:443");
  }

  /** A proxy may have any address, and decides itself where it connects to. */
  @Test
  void aProxyMayBeAnywhere() throws Exception {
    networks = PrivateNetworks.NONE;
    url = "http://10.1.2.3/hook";
    options.put("proxyHost", "127.0.0.1");
    options.put("proxyPort", String.valueOf(receiver.port()));
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().path()).isEqualTo("http://10.1.2.3/hook");
  }

  @Test
  void aHostThatIsNoneForTheProxyIsRefused() throws Exception {
    networks = PrivateNetworks.NONE;
    url = "http://localhost:" + receiver.port() + "/hook";
    options.put("proxyHost", "127.0.0.1");
    options.put("proxyPort", String.valueOf(tokens.port()));
    options.put("nonProxyHosts", "localhost");
    assertThat(attempt().reason()).startsWith("not sent: localhost is ");
    assertThat(receiver.count()).isZero();
    assertThat(tokens.count()).isZero();
  }

  private static String basic(String user, String password) {
    return "Basic "
        + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(ISO_8859_1));
  }

  @Test
  void aUserIsSentWithTheOnlyRequest() throws Exception {
    options.put("authMethod", "Basic");
    options.put("authUsername", "me");
    options.put("authPassword", "secret");
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().header("Authorization")).isEqualTo(basic("me", "secret"));
  }

  @Test
  void aUserThatIsNotWantedIsRejectedByOneRequest() throws Exception {
    options.put("authMethod", "Basic");
    options.put("authUsername", "me");
    options.put("authPassword", "secret");
    receiver.answer(Answer.status(401).header("WWW-Authenticate", "Basic realm=\"x\""));
    assertThat(attempt().kind()).isEqualTo(PERMANENT);
    assertThat(receiver.count()).isEqualTo(1);
  }

  @Test
  void aUserOfTheComponent() throws Exception {
    HttpConfiguration configuration = new HttpConfiguration();
    configuration.setAuthMethod("Basic");
    configuration.setAuthUsername("me");
    configuration.setAuthPassword("secret");
    component().setHttpConfiguration(configuration);
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().header("Authorization")).isEqualTo(basic("me", "secret"));
  }

  @Test
  void aBearerToken() throws Exception {
    options.put("authMethod", "Bearer");
    options.put("authBearerToken", "abc");
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().header("Authorization")).isEqualTo("Bearer abc");
  }

  private void byOAuth() {
    options.put("oauth2ClientId", "client");
    options.put("oauth2ClientSecret", "secret");
    options.put("oauth2TokenEndpoint", tokens.url("/token"));
  }

  @Test
  void aTokenOfOAuth() throws Exception {
    byOAuth();
    tokens.answer(Answer.status(200).body("{\"access_token\":\"" + "t".repeat(3000) + "\"}"));
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
    assertThat(only().header("Authorization")).isEqualTo("Bearer " + "t".repeat(3000));
    assertThat(tokens.requests().get(0).header("Authorization"))
        .isEqualTo(basic("client", "secret"));
  }

  @Test
  void aTokenIsNotFetchedFromARefusedAddress() throws Exception {
    byOAuth();
    networks = PrivateNetworks.NONE;
    Outcome outcome = attempt();
    assertThat(outcome.kind()).isEqualTo(PERMANENT);
    assertThat(outcome.reason())
        .isEqualTo(
            "not sent: 127.0.0.1 is not of the public internet and not in webhooks.allow-private");
    assertThat(tokens.connections()).isZero();
    assertThat(receiver.connections()).isZero();
  }

  @Test
  void aTokenThatDoesNotComeDoesNotOutlastTheDeadline() throws Exception {
    byOAuth();
    tokens.answer(Answer.hang());
    timeout = Duration.ofMillis(400);
    assertThat(attempt().signal()).isEqualTo(Signal.Kind.TIMEOUT);
    assertThat(receiver.count()).isZero();
  }

  @Test
  void aTokenThatIsDeniedIsTemporaryAndNothingIsSent() throws Exception {
    byOAuth();
    tokens.answer(Answer.status(401));
    assertThat(attempt().kind()).isEqualTo(Outcome.Kind.TEMPORARY);
    assertThat(receiver.count()).isZero();
  }

  @Test
  void aConfigurerOfTheComponentActsButRepeatsNothing() throws Exception {
    HttpClientConfigurer theirs =
        builder ->
            builder
                .setDefaultHeaders(List.of(new BasicHeader("X-Theirs", "1")))
                .setRetryStrategy(
                    new org.apache.hc.client5.http.impl.DefaultHttpRequestRetryStrategy(
                        3, org.apache.hc.core5.util.TimeValue.ofMilliseconds(1)));
    component().setHttpClientConfigurer(theirs);
    receiver.answer(Answer.status(503));
    assertThat(attempt().status()).isEqualTo(503);
    assertThat(only().header("X-Theirs")).isEqualTo("1");
  }

  @Test
  void whatTheComponentDoesByItselfDoesNotChangeAnAttempt() throws Exception {
    component().setFollowRedirects(true);
    component().setCopyHeaders(true);
    component().setSkipRequestHeaders(true);
    component().setConnectionsPerRoute(1);
    component().setMaxTotalConnections(1);
    receiver.answer(Answer.redirect(302, receiver.url("/elsewhere")));
    assertThat(attempt().status()).isEqualTo(302);
    assertThat(only().header("User-Agent")).isEqualTo("Segment.io/1.0");
  }

  @Test
  void aTimeoutOfAStep() throws Exception {
    options.put("responseTimeout", "100");
    receiver.answer(Answer.hang());
    Outcome outcome = attempt();
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.TIMEOUT);
    assertThat(outcome.reason()).contains("Read timed out");
  }

  /** Delays the return of the thread that has the answer. */
  private void comesBackAfter(Duration delay) {
    component()
        .setHttpClientConfigurer(
            builder ->
                builder.addExecInterceptorFirst(
                    "late",
                    (request, scope, chain) -> {
                      ClassicHttpResponse response = chain.proceed(request, scope);
                      CompletableFuture<Void> passed = new CompletableFuture<>();
                      Future<?> unused = AttemptTimer.after(delay, () -> passed.complete(null));
                      passed.join();
                      return response;
                    }));
  }

  @Test
  void anAnswerThatIsThereBeforeTheDeadlineIsNotTooLate() throws Exception {
    timeout = Duration.ofMillis(500);
    comesBackAfter(timeout);
    assertThat(attempt().kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void aThreadThatHasTheAnswerAndDoesNotComeBackIsNotWaitedForForEver() throws Exception {
    timeout = Duration.ofMillis(500);
    comesBackAfter(timeout.multipliedBy(3));
    assertThat(attempt().signal()).isEqualTo(Signal.Kind.TIMEOUT);
  }
}
