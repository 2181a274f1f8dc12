package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static io.dromedary.delivery.attempt.Outcome.Kind.TEMPORARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.delivery.attempt.EndpointTarget;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.delivery.flow.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelException;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeTimedOutException;
import org.apache.camel.Processor;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.junit.jupiter.api.Test;

/** Tests attempts at a webhook that is a Camel route. */
class EndpointAttemptTest extends AttemptContract {

  private final CountDownLatch letGo = new CountDownLatch(1);
  private final AtomicInteger toHang = new AtomicInteger();
  private final List<Map<String, Object>> headers = new CopyOnWriteArrayList<>();
  private final List<byte[]> bodies = new CopyOnWriteArrayList<>();
  private volatile Processor standing = exchange -> {};

  @Override
  Target target(Duration timeout) throws Exception {
    if (context.getRoute("webhook") == null) {
      context.addRoutes(
          new RouteBuilder() {
            @Override
            public void configure() {
              from("direct:webhook")
                  .routeId("webhook")
                  .errorHandler(noErrorHandler())
                  .process(EndpointAttemptTest.this::receive);
            }
          });
    }
    return new EndpointTarget(context, "direct:webhook");
  }

  private void receive(Exchange exchange) throws Exception {
    headers.add(new LinkedHashMap<>(exchange.getIn().getHeaders()));
    bodies.add(exchange.getIn().getBody(byte[].class));
    assertThat(exchange.getProperty("X-Ours")).isNull();
    if (toHang.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      letGo.await();
    }
    standing.process(exchange);
  }

  @Override
  void answers(int status, Map<String, String> answered, String body) {
    standing =
        exchange -> {
          exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
          answered.forEach(exchange.getMessage()::setHeader);
          exchange.getMessage().setBody(body);
        };
  }

  @Override
  void hangsOnce() {
    toHang.incrementAndGet();
  }

  @Override
  void letGo() {
    letGo.countDown();
  }

  @Override
  void failsWithoutAnswer() {
    standing =
        exchange -> {
          throw new CamelException("no");
        };
  }

  @Override
  int count() {
    return bodies.size();
  }

  @Override
  Map<String, String> lastHeaders() {
    Map<String, String> last = new LinkedHashMap<>();
    headers.get(headers.size() - 1).forEach((name, value) -> last.put(name, value.toString()));
    return last;
  }

  @Override
  byte[] lastBody() {
    return bodies.get(bodies.size() - 1);
  }

  private Outcome outcomeOf(Processor processor) throws Exception {
    standing = processor;
    attempts(LONG);
    return start().outcome();
  }

  @Test
  void anEndpointWithoutAStatusAcceptsByNotFailing() throws Exception {
    assertThat(outcomeOf(exchange -> {}).kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void aFailureThatHasAStatusIsThatStatus() throws Exception {
    Outcome outcome =
        outcomeOf(
            exchange -> {
              throw new CamelException(
                  new HttpOperationFailedException(
                      "http://x/", 429, "slow", null, Map.of("retry-after", "3"), "down"));
            });
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.THROTTLED);
    assertThat(outcome.answer()).isEqualTo("down");
    assertThat(outcome.notBefore()).isNotNull();
  }

  @Test
  void aFailureBesideAStatusIsThatStatus() throws Exception {
    Outcome outcome =
        outcomeOf(
            exchange -> {
              exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, 404);
              throw new CamelException("not found");
            });
    assertThat(outcome.kind()).isEqualTo(PERMANENT);
    assertThat(outcome.status()).isEqualTo(404);
  }

  @Test
  void aTimeoutOfTheEndpointIsATimeout() throws Exception {
    Outcome outcome =
        outcomeOf(
            exchange -> {
              throw new ExchangeTimedOutException(exchange, 5);
            });
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.TIMEOUT);
  }

  @Test
  void anErrorEndsNoMoreThanItsAttempt() throws Exception {
    assertThat(
            outcomeOf(
                    exchange -> {
                      throw new StackOverflowError("of a test");
                    })
                .reason())
        .contains("StackOverflowError: of a test");
    standing = exchange -> {};
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void aRollbackIsTemporary() throws Exception {
    assertThat(outcomeOf(exchange -> exchange.setRollbackOnly(true)).kind()).isEqualTo(TEMPORARY);
  }

  @Test
  void aRouteThatIsReplacedIsFoundAgain() throws Exception {
    attempts(LONG);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
    context.getRouteController().stopRoute("webhook");
    assertThat(context.removeRoute("webhook")).isTrue();
    target(LONG);
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void noMoreAreMadeWhenTooManyHaveNotComeBack() throws Exception {
    attempts(SHORT);
    List<Attempted> hanging = new ArrayList<>();
    for (int i = 0; i < MOST_LATE; i++) {
      hangsOnce();
      hanging.add(start());
    }
    for (Attempted each : hanging) {
      assertThat(each.outcome().signal()).isEqualTo(Signal.Kind.TIMEOUT);
    }
    Outcome refused = start().outcome();
    assertThat(refused.kind()).isEqualTo(TEMPORARY);
    assertThat(refused.reason())
        .isEqualTo("not sent, since 2 attempts have not come back after their deadline");
    assertThat(count()).isEqualTo(MOST_LATE);
    letGo();
    await().atMost(LONG).until(() -> hanging.stream().allMatch(each -> each.returned.isDone()));
    assertThat(start().outcome().kind()).isEqualTo(ACCEPTED);
  }
}
