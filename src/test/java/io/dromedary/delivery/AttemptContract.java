package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static io.dromedary.delivery.attempt.Outcome.Kind.TEMPORARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.DeliveryThreads;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.delivery.flow.Signal;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of an attempt, for every kind of endpoint. */
abstract class AttemptContract {

  static final Duration LONG = Duration.ofSeconds(20);
  static final Duration SHORT = Duration.ofMillis(400);
  static final int MOST_LATE = 2;
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Set<String> HEADERS = Set.of("X-Ours", Exchange.CONTENT_TYPE);

  final CamelContext context = new DefaultCamelContext();
  final ExecutorService elsewhere =
      Executors.newCachedThreadPool(task -> DeliveryThreads.daemon(task, "elsewhere"));
  final ExecutorService workers =
      Executors.newCachedThreadPool(task -> DeliveryThreads.daemon(task, "worker"));

  /** Returns the target of the test. */
  abstract Target target(Duration timeout) throws Exception;

  /** Makes the webhook give this answer from now on. */
  abstract void answers(int status, Map<String, String> headers, String body);

  /** Makes the webhook hang at the next attempt, until {@link #letGo}. */
  abstract void hangsOnce();

  abstract void letGo();

  /** Makes the webhook fail without an answer from now on. */
  abstract void failsWithoutAnswer();

  /** Returns the number of requests that the webhook has received. */
  abstract int count();

  /** Returns the headers of the last request by name. */
  abstract Map<String, String> lastHeaders();

  abstract byte[] lastBody();

  @BeforeEach
  void startContext() {
    // A stop does not wait for exchanges that hang.
    context.getShutdownStrategy().setTimeout(1);
    context.start();
  }

  @AfterEach
  void stopContext() {
    letGo();
    context.stop();
    elsewhere.shutdownNow();
    workers.shutdownNow();
  }

  /** The result of an attempt. */
  static final class Attempted {

    final Exchange exchange;
    final List<Thread> threads = new CopyOnWriteArrayList<>();
    final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    final CompletableFuture<Boolean> returned = new CompletableFuture<>();

    Attempted(Exchange exchange) {
      this.exchange = exchange;
    }

    Outcome outcome() throws Exception {
      return outcome.get(LONG.toSeconds(), TimeUnit.SECONDS);
    }
  }

  Attempts attempts(Duration timeout) throws Exception {
    return attempts(target(timeout), timeout);
  }

  Attempts attempts(Target target, Duration timeout) throws Exception {
    Attempts attempts =
        new Attempts(
            context,
            "test",
            target,
            HEADERS,
            timeout,
            MOST_LATE,
            elsewhere,
            Clock.fixed(NOW, java.time.ZoneOffset.UTC));
    AttemptComponent.of(context).add("test", 1, attempts);
    return attempts;
  }

  Exchange exchange() {
    Exchange exchange = new DefaultExchange(context);
    exchange.getIn().setBody("{\"a\":1}".getBytes(UTF_8));
    exchange.getIn().setHeader(Exchange.CONTENT_TYPE, "application/json");
    exchange.getIn().setHeader("X-Ours", "yes");
    return exchange;
  }

  Attempted start() throws Exception {
    return start(exchange());
  }

  /** Starts an attempt through its endpoint, on another thread. */
  Attempted start(Exchange exchange) throws Exception {
    Endpoint endpoint = context.getEndpoint(AttemptComponent.uri("test", 1));
    var producer = endpoint.createAsyncProducer();
    producer.start();
    Attempted attempted = new Attempted(exchange);
    workers.execute(
        () ->
            attempted.returned.complete(
                producer.process(
                    exchange,
                    isSync -> {
                      attempted.threads.add(Thread.currentThread());
                      attempted.outcome.complete(
                          exchange.getProperty(Attempts.OUTCOME, Outcome.class));
                    })));
    return attempted;
  }

  @Test
  void aWebhookAccepts() throws Exception {
    answers(200, Map.of(), "thank you");
    attempts(LONG);
    Attempted attempted = start();
    assertThat(attempted.outcome())
        .isEqualTo(
            new Outcome(
                ACCEPTED, Signal.Kind.ACCEPTED, AttemptClass.ACCEPTED, 200, "", null, null));
    assertThat(count()).isEqualTo(1);
    assertThat(lastBody()).asString().isEqualTo("{\"a\":1}");
    // The exchange continues on the same thread and is unchanged.
    assertThat(attempted.returned.get()).isTrue();
    assertThat(attempted.threads).hasSize(1).allMatch(thread -> thread.getName().equals("worker"));
    assertThat(attempted.exchange.getException()).isNull();
    assertThat(attempted.exchange.getMessage().getBody(String.class)).isEqualTo("{\"a\":1}");
    assertThat(attempted.exchange.getMessage().getHeaders())
        .containsOnlyKeys("X-Ours", Exchange.CONTENT_TYPE);
  }

  @Test
  void onlyTheHeadersOnTheListAreSent() throws Exception {
    answers(200, Map.of(), "");
    attempts(LONG);
    Exchange exchange = exchange();
    exchange.getIn().setHeader("Cookie", "c=1");
    exchange.getIn().setHeader("CamelHttpMethod", "PUT");
    exchange.getIn().setHeader("CamelHttpPath", "/elsewhere");
    exchange.setProperty("X-Ours", "no");
    assertThat(start(exchange).outcome().kind()).isEqualTo(ACCEPTED);
    assertThat(lastHeaders())
        .containsEntry("X-Ours", "yes")
        .containsEntry(Exchange.CONTENT_TYPE, "application/json")
        .doesNotContainKeys("Cookie", "CamelHttpMethod", "CamelHttpPath");
  }

  @ParameterizedTest
  @CsvSource({
    "204, ACCEPTED, ACCEPTED",
    "301, PERMANENT, REJECTED",
    "303, PERMANENT, REJECTED",
    "400, PERMANENT, REJECTED",
    "401, PERMANENT, REJECTED",
    "408, TEMPORARY, UNAVAILABLE",
    "429, TEMPORARY, THROTTLED",
    "500, TEMPORARY, ERROR",
    "501, PERMANENT, ERROR",
    "503, TEMPORARY, UNAVAILABLE",
  })
  void aStatusHasItsOutcomeAfterOneRequest(int status, Outcome.Kind kind, Signal.Kind signal)
      throws Exception {
    answers(status, Map.of("Retry-After", "7", "Location", "http://127.0.0.1:1/"), "why");
    attempts(LONG);
    Outcome outcome = start().outcome();
    assertThat(outcome.kind()).isEqualTo(kind);
    assertThat(outcome.signal()).isEqualTo(signal);
    assertThat(outcome.status()).isEqualTo(status);
    if (kind != ACCEPTED) {
      assertThat(outcome.reason()).isEqualTo("answered " + status);
      assertThat(outcome.answer()).isEqualTo("why");
    }
    assertThat(outcome.notBefore()).isEqualTo(kind == TEMPORARY ? NOW.plusSeconds(7) : null);
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void aFailureWithoutAnAnswerIsTemporary() throws Exception {
    failsWithoutAnswer();
    attempts(LONG);
    Attempted attempted = start();
    Outcome outcome = attempted.outcome();
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.NO_ANSWER);
    assertThat(outcome.status()).isNull();
    assertThat(attempted.exchange.getException()).isNull();
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void anAttemptEndsAtItsDeadlineAndGoesOnElsewhere() throws Exception {
    hangsOnce();
    attempts(SHORT);
    long begin = System.nanoTime();
    Attempted attempted = start();
    Outcome outcome = attempted.outcome();
    // Not earlier than the timeout; on a busy machine it may be later.
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isBetween(SHORT, LONG);
    assertThat(outcome)
        .isEqualTo(
            new Outcome(
                TEMPORARY,
                Signal.Kind.TIMEOUT,
                AttemptClass.TIMEOUT,
                null,
                "no complete answer within 400 ms",
                null,
                null));
    assertThat(attempted.threads).allMatch(thread -> thread.getName().equals("elsewhere"));
    // A late result changes nothing.
    letGo();
    assertThat(attempted.returned.get(LONG.toSeconds(), TimeUnit.SECONDS)).isFalse();
    assertThat(attempted.exchange.getProperty(Attempts.OUTCOME)).isSameAs(outcome);
    assertThat(attempted.threads).hasSize(1);
    assertThat(count()).isEqualTo(1);
  }

  @Test
  void anAttemptAfterOneThatHungIsLikeAnyOther() throws Exception {
    answers(200, Map.of(), "");
    hangsOnce();
    attempts(SHORT);
    assertThat(start().outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void attemptsGoOnAfterAStop() throws Exception {
    answers(200, Map.of(), "");
    Attempts attempts = attempts(LONG);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    attempts.stop();
    CompletableFuture<Outcome> meanwhile = new CompletableFuture<>();
    Exchange exchange = exchange();
    assertThat(
            attempts.start(
                exchange,
                isSync ->
                    meanwhile.complete(exchange.getProperty(Attempts.OUTCOME, Outcome.class))))
        .isTrue();
    assertThat(meanwhile.get().kind()).isEqualTo(TEMPORARY);
    assertThat(meanwhile.get().reason()).isEqualTo("the webhook has stopped");
    attempts.start();
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    assertThat(count()).isEqualTo(2);
  }

  @Test
  void anEndpointThatIsTakenAwayDoesNotTakeTheWebhookAlong() throws Exception {
    answers(200, Map.of(), "");
    attempts(LONG);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    assertThat(context.removeEndpoints(AttemptComponent.uri("test", 1))).hasSize(1);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void anAttemptInARouteGoesOnInIt() throws Exception {
    answers(200, Map.of(), "");
    hangsOnce();
    attempts(SHORT);
    List<Outcome> outcomes = new CopyOnWriteArrayList<>();
    context.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:round")
                .to(AttemptComponent.uri("test", 1))
                .process(e -> outcomes.add(e.getProperty(Attempts.OUTCOME, Outcome.class)))
                .to(AttemptComponent.uri("test", 1))
                .process(e -> outcomes.add(e.getProperty(Attempts.OUTCOME, Outcome.class)));
          }
        });
    Endpoint round = context.getEndpoint("direct:round");
    // On another thread, since this one would hang with the webhook.
    Exchange sent =
        context
            .createProducerTemplate()
            .asyncSend(round, exchange())
            .get(LONG.toSeconds(), TimeUnit.SECONDS);
    assertThat(sent.getException()).isNull();
    assertThat(outcomes).extracting(Outcome::kind).containsExactly(TEMPORARY, ACCEPTED);
    assertThat(sent.getMessage().getBody(String.class)).isEqualTo("{\"a\":1}");
  }

  @Test
  void aRejectionIsPermanent() throws Exception {
    answers(422, Map.of(), "x".repeat(5000));
    attempts(LONG);
    Outcome outcome = start().outcome();
    assertThat(outcome.kind()).isEqualTo(PERMANENT);
    assertThat(outcome.answer()).isEqualTo("x".repeat(Outcome.EXCERPT_BYTES));
  }
}
