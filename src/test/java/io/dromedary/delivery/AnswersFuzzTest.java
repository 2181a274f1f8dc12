package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dromedary.delivery.attempt.DeliveryThreads;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.http.HeadBudget;
import io.dromedary.delivery.http.HttpTarget;
import io.dromedary.settings.HttpOptions;
import io.dromedary.settings.PrivateNetworks;
import io.dromedary.settings.TlsOptions;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Answers attempts with arbitrary bytes. An attempt must have exactly one outcome, at its deadline
 * at the latest. Its connection must be reused or closed, and no byte may be taken for part of the
 * answer to the next attempt.
 */
class AnswersFuzzTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration TIMEOUT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final String NUMBER = "X-Number";
  private static final Pattern SUCCESS = Pattern.compile("(?i)HTTP/\\d\\.\\d+\\s+2\\d\\d\\b");

  /** The answer to every other attempt; no other answer equals it. */
  private static final Answer KNOWN = Answer.status(418).body("known");

  private static final CamelContext CONTEXT = new DefaultCamelContext();
  private static final ExecutorService ELSEWHERE =
      Executors.newCachedThreadPool(task -> DeliveryThreads.daemon(task, "elsewhere"));
  private static final Receiver RECEIVER = Receiver.start().keepNothing();
  private static final Attempts ATTEMPTS = attempts();

  private static volatile Answer fuzzed = KNOWN;

  private static Attempts attempts() {
    RECEIVER.answerBy(request -> "1".equals(request.header(NUMBER)) ? fuzzed : KNOWN);
    CONTEXT.start();
    Set<String> headers = Set.of(NUMBER, Exchange.CONTENT_TYPE);
    Attempts attempts =
        new Attempts(
            CONTEXT,
            "test",
            new HttpTarget(
                CONTEXT,
                URI.create(RECEIVER.url("/hook")),
                new HttpTarget.Options(
                    TIMEOUT,
                    "Segment.io/1.0",
                    new HttpOptions(
                        Map.of(), TlsOptions.NONE, new PrivateNetworks(true, List.of()))),
                headers,
                new HeadBudget(1 << 20),
                SystemDefaultDnsResolver.INSTANCE),
            headers,
            TIMEOUT,
            10,
            ELSEWHERE,
            Clock.fixed(NOW, ZoneOffset.UTC));
    attempts.start();
    return attempts;
  }

  @AfterAll
  static void stop() {
    ATTEMPTS.stop();
    RECEIVER.close();
    CONTEXT.stop();
    ELSEWHERE.shutdownNow();
  }

  /** Returns inputs: a byte that decides whether the connection stays open, then the answer. */
  static Stream<byte[]> seeds() {
    String ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    String chunked = "HTTP/1.1 503 \r\nTransfer-Encoding: chunked\r\nRetry-After: 7\r\n\r\n";
    Stream<String> stay =
        Stream.of(
            ok,
            ok + ok,
            ok + "\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n" + ok,
            "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 \r\n\r\n",
            chunked + "2;a=b\r\nno\r\n0\r\nX-Trailer: 1\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 401 \r\nWWW-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n");
    Stream<String> end =
        Stream.of(
            ok,
            ok + "HTTP/1.1 200 OK\r\n",
            chunked + "ffffffff\r\nno",
            chunked + "-1\r\nno\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
            "HTTP/1.0 429 \r\nRetry-After: Thu, 01 Jan 2026 01:00:00 GMT\r\n\r\nwait",
            "HTTP/1.1 400 \r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 1\r\n\r\nok",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\nSet-Cookie: a=b\r\n folded\r\n\r\nok",
            "HTTP/1.1 2147483648 OK\r\n\r\n",
            "HTTP/2 200\r\n\r\n",
            "HTTP/1.1 503 \r\n" + "X: x\r\n".repeat(300) + "\r\n",
            "HTTP/1.1 503 \r\nX: " + "x".repeat(20_000) + "\r\n\r\n",
            "\0\1\2 this is not HTTP\r\n\r\n",
            "");
    return Stream.concat(stay.map(text -> "y" + text), end.map(text -> "n" + text))
        .map(text -> text.getBytes(ISO_8859_1));
  }

  @MethodSource("seeds")
  @FuzzTest
  void everyAnswerHasOneOutcome(byte[] input) throws Exception {
    if (input.length == 0) {
      return;
    }
    byte[] answer = Arrays.copyOfRange(input, 1, input.length);
    // If the connection stays open and the answer is incomplete, the attempt lasts until its
    // deadline.
    fuzzed = Answer.bytes(answer, input[0] == 'y');
    Outcome first = attempt("1");
    if (first.kind() == ACCEPTED) {
      assertThat(new String(answer, ISO_8859_1)).containsPattern(SUCCESS);
    }
    check(first);
    Outcome second = attempt("2");
    check(second);
    if (second.status() != null) {
      assertThat(second.status()).isEqualTo(418);
      assertThat(second.answer()).isEqualTo("known");
    }
    until(() -> ATTEMPTS.late() == 0);
    // Consecutive attempts need one connection; more would be a leak.
    until(() -> RECEIVER.openConnections() <= 1);
  }

  private static Outcome attempt(String number) throws Exception {
    Exchange exchange = new DefaultExchange(CONTEXT);
    exchange.getIn().setBody("{\"a\":1}".getBytes(UTF_8));
    exchange.getIn().setHeader(Exchange.CONTENT_TYPE, "application/json");
    exchange.getIn().setHeader(NUMBER, number);
    AtomicInteger outcomes = new AtomicInteger();
    CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    boolean isSync =
        ATTEMPTS.start(
            exchange,
            done -> {
              outcomes.incrementAndGet();
              outcome.complete(exchange.getProperty(Attempts.OUTCOME, Outcome.class));
            });
    assertThat(outcome.isDone() || !isSync).isTrue();
    Outcome one = outcome.get(LONG.toSeconds(), TimeUnit.SECONDS);
    assertThat(outcomes).hasValue(1);
    assertThat(exchange.getException()).isNull();
    return one;
  }

  private static void check(Outcome outcome) {
    assertThat(outcome).isNotNull();
    assertThat(outcome.reason()).hasSizeLessThanOrEqualTo(Outcome.EXCERPT_BYTES + 100);
    if (outcome.answer() != null) {
      assertThat(outcome.answer()).hasSizeLessThanOrEqualTo(Outcome.EXCERPT_BYTES);
    }
    if (outcome.notBefore() != null) {
      assertThat(outcome.notBefore()).isBetween(NOW, NOW.plus(Duration.ofDays(365)));
    }
  }

  private static void until(Callable<Boolean> condition) throws Exception {
    if (!condition.call()) {
      await()
          .atMost(LONG)
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .until(condition);
    }
  }
}
