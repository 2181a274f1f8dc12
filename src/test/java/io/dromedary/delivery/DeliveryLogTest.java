package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.LogLines;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.builder.RouteBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Tests which lines deliveries log, at which level, and how often. */
@Timeout(120)
class DeliveryLogTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final LogLines log = LogLines.of("io.dromedary.delivery");
  private Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
    log.close();
  }

  private void start(Map<String, String> more) {
    Map<String, String> settings = new HashMap<>();
    settings.put("webhooks.urls", receiver.url("/hush?token=hush"));
    settings.put("webhooks.retry.initial-delay", "50ms");
    settings.put("webhooks.retry.max-delay", "100ms");
    settings.putAll(more);
    application = Application.start(folder, settings);
  }

  private void send(String id) {
    assertThat(
            Http.post(
                    application.url("/v1/track"),
                    "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}")
                .status())
        .isEqualTo(200);
  }

  private List<ILoggingEvent> of(String level) {
    return log.events().stream().filter(each -> each.getLevel().toString().equals(level)).toList();
  }

  @Test
  void oneWarningIsOfWhatBeginsAndEachAttemptIsForDebugging() throws Exception {
    receiver.answer(Answer.status(503));
    start(Map.of());
    send("m-1");
    receiver.awaitCount(5, AT_MOST);
    receiver.answer(Answer.status(200));
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(of("DEBUG").stream().map(ILoggingEvent::getFormattedMessage))
                    .anyMatch(line -> line.contains(" accepted: 200")));

    String url = "http://127.0.0.1:" + receiver.port();
    assertThat(of("WARN").stream().map(ILoggingEvent::getFormattedMessage))
        .containsExactly("default/1 " + url + " fails: answered 503");
    assertThat(LogLines.keyValues(of("WARN").get(0)))
        .matches(
            "event=\"webhook.fails\" destination=\"default\" webhook=\"1\" messageId=\"m-1\""
                + " attempt=\"1\" class=\"5xx\" duration=\"\\d+\" status=\"503\"");
    assertThat(of("DEBUG").stream().map(ILoggingEvent::getFormattedMessage).distinct())
        .containsExactly(
            "default/1 " + url + " failed: answered 503", "default/1 " + url + " accepted: 200");
  }

  @Test
  void aFloodOfDeadLettersIsALine() {
    receiver.answer(Answer.status(410));
    start(Map.of());
    for (int i = 0; i < 50; i++) {
      send("m-" + i);
    }
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(
                        Http.send("GET", application.url("/dromedary/dead-letters/count")).body())
                    .contains("\"count\":50"));

    assertThat(of("ERROR"))
        .singleElement()
        .satisfies(
            line -> {
              assertThat(line.getFormattedMessage())
                  .matches(
                      "Destination default: event m-\\d+ is a dead letter after 1 attempts: no"
                          + " webhook is left that might accept the event; http://127.0.0.1:\\d+:"
                          + " answered 410");
              assertThat(LogLines.keyValues(line))
                  .matches(
                      "event=\"dead-letter\" destination=\"default\" reason=\"rejected\""
                          + " status=\"410\" messageId=\"m-\\d+\" attempt=\"1\"");
            });
  }

  /** Senders choose the message id. */
  @Test
  void aMessageIdDoesNotMakeALineOfItsOwn() {
    receiver.answer(Answer.status(410));
    start(Map.of());
    send("m\\n2026-01-02T03:04:05Z ERROR i.dromedary - forged");
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(of("ERROR")).hasSize(1));

    assertThat(log.events())
        .allSatisfy(
            line -> {
              assertThat(line.getFormattedMessage()).doesNotContain("\n");
              assertThat(LogLines.keyValues(line)).doesNotContain("\n");
            });
  }

  /** Log lines of a user's routes have the event's id in their context. */
  @Test
  void whatATransformLogsHasTheEventsId() throws Exception {
    try (LogLines own = LogLines.of("shop")) {
      Map<String, String> settings = new HashMap<>();
      settings.put("webhooks.urls", receiver.url());
      settings.put("webhooks.transform", "direct:shop");
      application = Application.start(folder, settings);
      application
          .context()
          .addRoutes(
              new RouteBuilder() {
                @Override
                public void configure() {
                  from("direct:shop")
                      .process(exchange -> LoggerFactory.getLogger("shop").info("masked"));
                }
              });
      send("m-1");
      receiver.awaitCount(1, AT_MOST);

      assertThat(own.events())
          .singleElement()
          .satisfies(
              line ->
                  assertThat(line.getMDCPropertyMap())
                      .containsEntry("messageId", "m-1")
                      .containsEntry("destination", "default"));
    }
    assertThat(MDC.getCopyOfContextMap()).isNullOrEmpty();
  }
}
