package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Delayed;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What waits in memory for redelivery, where the queue is in memory, too: for how long, how much of
 * it, and what becomes of it at a stop.
 */
class RedeliveryTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration AT_MOST = Duration.ofSeconds(40);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final SettableClock clock = new SettableClock(START);
  private final Map<String, String> settings = new HashMap<>();
  private Application application;

  @BeforeEach
  void settings() {
    settings.put("webhooks.queue", "seda:default");
    settings.put("webhooks.inbound", "direct:in");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.retry.jitter", "0");
  }

  @AfterEach
  void close() {
    application.close();
    receiver.close();
  }

  private void start() {
    application = Application.start(folder, settings, Map.of("clock", clock));
  }

  private void send(String text) {
    application.context().createFluentProducerTemplate().to("direct:in").withBody(text).send();
  }

  private static String events(String prefix, int count) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\""
                    + prefix
                    + i
                    + "\"}")
        .collect(Collectors.joining(",", "[", "]"));
  }

  private ScheduledThreadPoolExecutor timer() {
    return application
        .context()
        .getRegistry()
        .lookupByNameAndType("default-timer", ScheduledThreadPoolExecutor.class);
  }

  private void advance(Duration duration) {
    clock.advance(duration);
    // The timer looks at the clock when something new comes.
    timer().execute(() -> {});
  }

  /** Waits until so many events wait, and none is due. */
  private void awaitWaiting(int count) {
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(2))
        .until(
            () ->
                timer().getQueue().size() == count
                    && timer().getQueue().stream()
                        .allMatch(task -> ((Delayed) task).getDelay(TimeUnit.MILLISECONDS) > 0));
  }

  private List<String> deadLetters() {
    try {
      Path file = folder.resolve("dead-letters.jsonl");
      if (!Files.exists(file)) {
        return List.of();
      }
      // The last line may be in the middle of being written.
      String text = Files.readString(file);
      return text.substring(0, text.lastIndexOf('\n') + 1).lines().toList();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void anEventIsRetriedForFourHoursMinuteByMinuteAndThenADeadLetter() {
    List<Instant> attempts = Collections.synchronizedList(new ArrayList<>());
    receiver.answerBy(
        request -> {
          attempts.add(clock.instant());
          return Answer.status(503).body("busy");
        });
    start();
    send(events("m", 1));
    awaitWaiting(1);
    // An hour beyond the window: nothing may happen in it.
    for (int minute = 1; minute <= 300; minute++) {
      advance(Duration.ofMinutes(1));
      if (minute < 240) {
        awaitWaiting(1);
      } else {
        await().atMost(AT_MOST).until(() -> deadLetters().size() == 1);
        awaitWaiting(0);
      }
    }

    // Each attempt is at the first full minute at which the delay after the one before is over.
    Instant end = START.plus(Duration.ofHours(4));
    List<Instant> expected = new ArrayList<>(List.of(START));
    long delaySeconds = 1;
    Instant due = START.plusSeconds(delaySeconds);
    for (Instant now = START; !now.isAfter(end); now = now.plusSeconds(60)) {
      if (now.isAfter(due) || now.equals(end)) {
        expected.add(now);
        delaySeconds = Math.min(600, delaySeconds * 2);
        due = now.plusSeconds(delaySeconds);
      }
    }
    assertThat(attempts).isEqualTo(expected);
    assertThat(deadLetters().get(0))
        .contains("\"reason\":\"expired\"")
        .contains("the retry window has closed; " + receiver.url() + ": answered 503")
        .contains("\"attempts\":" + expected.size())
        .contains("\"acceptedAt\":\"2026-01-01T00:00:00Z\"")
        .contains("\"firstAttemptAt\":\"2026-01-01T00:00:00Z\"")
        .contains("\"deadAt\":\"2026-01-01T04:00:")
        .contains("\"status\":503,\"error\":\"answered 503\",\"answer\":\"busy\"");
  }

  @Test
  void aHundredThousandWaitingEventsAreAllDeliveredAndHoldNobodyBack() throws Exception {
    int count = 100_000;
    int chunk = 2_500;
    settings.put("webhooks.retry.initial-delay", "1h");
    settings.put("webhooks.retry.max-delay", "1h");
    receiver.countOnly().answer(Answer.status(503));
    start();
    for (int i = 0; i < count / chunk; i++) {
      send(events("w" + i + "-", chunk));
    }
    awaitWaiting(count);

    receiver.answer(Answer.status(200));
    // The circuit breaker lets one through when it has been open for 5 s, and closes.
    advance(Duration.ofSeconds(5));
    int asked = receiver.count();
    send(events("probe", 1));
    receiver.awaitCount(asked + 1, AT_MOST);
    await()
        .atMost(AT_MOST)
        .until(() -> application.context().getInflightRepository().size() == count);
    Map<String, Integer> before = receiver.messageIds();
    send(events("fresh", 100));
    await().atMost(Duration.ofSeconds(5)).until(() -> receiver.count() == asked + 101);

    advance(Duration.ofHours(1).plusMillis(1));
    send(events("with-the-crowd", 100));
    receiver.awaitCount(asked + 101 + count + 100, Duration.ofMinutes(1));
    await().atMost(AT_MOST).until(() -> application.context().getInflightRepository().size() == 0);

    Map<String, Integer> times = receiver.messageIds();
    assertThat(times).hasSize(count + 201);
    times.forEach(
        (id, sent) ->
            assertThat(sent)
                .as(id)
                .isEqualTo(id.startsWith("probe") ? 1 : before.getOrDefault(id, 0) + 1));
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void atAStopWhatWaitsGetsALastAttempt() {
    settings.put("webhooks.retry.initial-delay", "1h");
    receiver.answer(Answer.status(503));
    start();
    send(events("m", 50));
    awaitWaiting(50);
    int before = receiver.count();
    receiver.answer(Answer.status(200));
    application.close();

    // Although the circuit breaker is open.
    assertThat(receiver.count()).isEqualTo(before + 50);
    assertThat(deadLetters()).isEmpty();
  }

  @Test
  void atAStopWhatCannotBeDeliveredIsADeadLetter() {
    settings.put("webhooks.retry.initial-delay", "1h");
    receiver.answer(Answer.status(503));
    start();
    send(events("m", 50));
    awaitWaiting(50);
    int before = receiver.count();
    application.close();

    assertThat(receiver.count()).isEqualTo(before + 50);
    assertThat(deadLetters())
        .hasSize(50)
        .allMatch(letter -> letter.startsWith("{\"reason\":\"stopped\""))
        .allMatch(
            letter ->
                letter.contains(
                    "the process stopped before the event could be delivered; "
                        + receiver.url()
                        + ": answered 503"));
  }

  @Test
  void aStopEndsInItsBoundAlsoIfTheReceiverHangs() {
    settings.put("camel.main.shutdownTimeout", "12");
    settings.put("webhooks.timeout", "2s");
    settings.put("webhooks.in-flight", "4");
    receiver.answer(Answer.hang());
    start();
    send(events("m", 60));
    await().atMost(AT_MOST).until(() -> receiver.count() >= 4);
    long begin = System.nanoTime();
    application.close();

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(13));
    assertThat(deadLetters()).hasSize(60);
    assertThat(deadLetters()).allMatch(letter -> letter.startsWith("{\"reason\":\"stopped\""));
  }
}
