package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.CamelContextRoutesStartedEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests dead letters that are sent by HTTP. */
@Timeout(60)
class DeadLetterEndpointTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver webhook = Receiver.start().answer(Answer.status(400));
  private final Receiver told = Receiver.start();
  private final Map<String, String> settings = new HashMap<>();
  private Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    webhook.close();
    told.close();
  }

  private void start() {
    start(Map.of());
  }

  private void start(Map<String, Object> beans) {
    settings.put("webhooks.inbound", "direct:in");
    settings.putIfAbsent("webhooks.urls", webhook.url());
    application = Application.start(folder, settings, beans);
  }

  private void send(int events) {
    application
        .context()
        .createFluentProducerTemplate()
        .to("direct:in")
        .withBody(
            IntStream.range(0, events)
                .mapToObj(i -> "{'type':'track','userId':'u','event':'E','messageId':'m" + i + "'}")
                .collect(Collectors.joining(",", "[", "]"))
                .replace('\'', '"'))
        .send();
  }

  /** An inbound may bring events before Camel says that all has started. */
  @Test
  void aLetterOfTheStartIsSent() throws Exception {
    settings.put("webhooks.dead-letter", told.url());
    SimpleEventNotifierSupport early =
        new SimpleEventNotifierSupport() {
          @Override
          public void notify(CamelEvent event) {
            if (event instanceof CamelContextRoutesStartedEvent started) {
              started
                  .getContext()
                  .createFluentProducerTemplate()
                  .to("direct:in")
                  .withBody("{\"type\":\"nothing\",\"messageId\":\"early\"}")
                  .send();
            }
          }
        };
    start(Map.of("early", early));

    told.awaitCount(1, AT_MOST);
    assertThat(told.requests().get(0).text()).contains("\"messageId\":\"early\"");
  }

  @Test
  void aLetterIsPostedWhereTheUriHasAQuery() throws Exception {
    settings.put("webhooks.dead-letter", told.url("/dead?token=abc"));
    start();
    send(1);

    told.awaitCount(1, AT_MOST);
    Request request = told.requests().get(0);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.path()).isEqualTo("/dead?token=abc");
    assertThat(request.text()).contains("\"messageId\":\"m0\"");
  }

  @Test
  void soIsAnEventToATransform() throws Exception {
    settings.put("webhooks.transform", told.url("/transform?token=abc"));
    start();
    send(1);

    told.awaitCount(1, AT_MOST);
    Request request = told.requests().get(0);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.text()).contains("\"messageId\":\"m0\"");
  }

  @Test
  void aStopDoesNotRepeatAllThatIsLeftToTryAtOnce() throws Exception {
    told.answer(Answer.status(503));
    settings.put("webhooks.dead-letter", told.url("/dead"));
    start();
    send(9);
    told.awaitCount(9, AT_MOST);

    int before = told.count();
    application.close();
    application = null;

    // Each is sent once or twice more, by two requests: the client repeats a request answered 503.
    assertThat(told.count() - before).isLessThanOrEqualTo(4 * 9);
    assertThat(new OutboxFile(folder).count("dead_letter")).isEqualTo(9);
  }

  @Test
  void aLetterThatIsTakenLateIsToldOnce() throws Exception {
    told.answerNext(Answer.status(503), Answer.status(503));
    settings.put("webhooks.dead-letter", told.url("/dead"));
    start();
    send(1);

    told.awaitCount(3, AT_MOST);
    await().atMost(AT_MOST).until(() -> new OutboxFile(folder).count("dead_letter") == 1);
    assertThat(told.count()).isEqualTo(3);
  }
}
