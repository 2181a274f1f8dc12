package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.KafkaBroker;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Repetitions;
import io.dromedary.testing.Signatures;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;

/** Events from a topic of a real Kafka broker, which runs in this JVM. */
class KafkaInboundTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final String SECRET = "sharedsecretvalue";

  private static final KafkaBroker BROKER = KafkaBroker.shared();

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final KafkaProducer<String, String> producer = BROKER.producer();
  private final Map<String, String> settings = new HashMap<>();
  private final Repetitions repetitions = new Repetitions();
  private String topic;
  private Application application;

  @BeforeEach
  void settings(TestInfo test) {
    topic = test.getTestMethod().orElseThrow().getName();
    // A stop waits for the end of a poll, which without an event takes five seconds by default.
    settings.put(
        "webhooks.inbound",
        "kafka:"
            + topic
            + "?brokers="
            + BROKER.address()
            + "&groupId="
            + topic
            + "&autoOffsetReset=earliest&pollTimeoutMs=200");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.signing.secret", SECRET);
  }

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    producer.close();
    receiver.close();
  }

  private void start() {
    application = Application.start(folder, settings, Map.of("repetitions", repetitions));
  }

  private void send(@Nullable String value) throws Exception {
    producer.send(new ProducerRecord<>(topic, value)).get();
  }

  private static String track(String messageId) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\""
        + messageId
        + "\"}";
  }

  @Test
  void eventsArriveSignedAndWhatIsNoneIsADeadLetterAndHoldsNothingUp() throws Exception {
    send(track("m1"));
    send("[" + track("m2") + "," + track("m3") + "]");
    send("this is no JSON");
    send(null);
    send("{\"type\":\"track\",\"event\":\"E\",\"messageId\":\"m4\"}");
    send("{\"batch\":[" + track("m5") + "," + track("m6") + "]}");
    start();
    receiver.awaitCount(5, AT_MOST);
    send(track("m7"));
    receiver.awaitCount(6, AT_MOST);

    assertThat(receiver.requests())
        .allMatch(request -> Signatures.verifies(SECRET, request))
        .allMatch(request -> request.headers("kafka.TOPIC").isEmpty());
    assertThat(receiver.messageIds())
        .isEqualTo(Map.of("m1", 1, "m2", 1, "m3", 1, "m5", 1, "m6", 1, "m7", 1));
    Path file = folder.resolve("dead-letters.jsonl");
    // Dead letters are written after they are stored, in any order.
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(Files.readAllLines(file))
                    .hasSize(3)
                    .allMatch(letter -> letter.contains(",\"reason\":\"invalid\""))
                    .satisfiesOnlyOnce(
                        letter -> assertThat(letter).endsWith("\"text\":\"this is no JSON\"}"))
                    .satisfiesOnlyOnce(letter -> assertThat(letter).endsWith("\"text\":\"\"}"))
                    .satisfiesOnlyOnce(
                        letter -> assertThat(letter).contains("\"messageId\":\"m4\"")));
  }

  @Test
  void aStopWithEventsInTheOutboxLosesNothingAndRepeatsNothing() throws Exception {
    for (int i = 0; i < 20; i++) {
      send(track("m" + i));
    }
    receiver.answer(Answer.status(200).after(Duration.ofMillis(500)));
    settings.put("webhooks.in-flight", "1");
    // Without de-duplication, events that are stored twice are sent twice.
    settings.put("webhooks.dedup.window", "0s");
    start();
    receiver.awaitCount(2, AT_MOST);
    application.close();
    assertThat(receiver.messageIds()).hasSizeLessThan(20);

    receiver.answer(Answer.status(200));
    start();
    await().atMost(AT_MOST).until(() -> receiver.messageIds().size() == 20);
    assertThat(receiver.messageIds().values()).containsOnly(1);
  }

  @Test
  void aRecordIsCommittedOnlyWhenItIsStored() throws Exception {
    start();
    OutboxFile outbox = new OutboxFile(folder);
    outbox.refuse("outbox", "true");
    send(track("m1"));
    repetitions.awaitNext();
    application.close();
    assertThat(BROKER.committed(topic)).isZero();

    start();
    repetitions.awaitNext();
    outbox.allow();
    await().atMost(AT_MOST).until(() -> BROKER.committed(topic) == 1);
    receiver.awaitCount(1, AT_MOST);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m1", 1));
  }

  @Test
  void aRecordMayBeHeldBackForLongerThanTheBrokerWaits() throws Exception {
    settings.merge("webhooks.inbound", "&maxPollIntervalMs=500", String::concat);
    start();
    OutboxFile outbox = new OutboxFile(folder);
    outbox.refuse("outbox", "true");
    send(track("m1"));
    repetitions.awaitNext();
    await().atMost(AT_MOST).until(() -> BROKER.members(topic) == 0);
    outbox.allow();
    receiver.awaitCount(1, AT_MOST);

    send(track("m2"));
    await().atMost(AT_MOST).until(() -> BROKER.committed(topic) == 2);
    receiver.awaitCount(2, AT_MOST);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m1", 1, "m2", 1));
  }

  @Test
  void anEventWithoutAnIdIsKnownWhenItsRecordIsReadAgain() throws Exception {
    String event = "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\"}";
    send("[" + event + "," + event + "]");
    send(event);
    start();
    await().atMost(AT_MOST).until(() -> BROKER.committed(topic) == 2);
    application.close();
    // The state after a process that ended between the commits of the events and the offsets.
    BROKER.forget(topic);
    send(track("m1"));

    start();

    await().atMost(AT_MOST).until(() -> BROKER.committed(topic) == 3);
    await().atMost(AT_MOST).until(() -> new OutboxFile(folder).count("outbox") == 0);
    assertThat(receiver.messageIds())
        .hasSize(4)
        .allSatisfy((id, times) -> assertThat(times).isEqualTo(1));
  }
}
