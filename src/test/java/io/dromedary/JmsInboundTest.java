package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.JmsBroker;
import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Repetitions;
import io.dromedary.testing.Signatures;
import jakarta.jms.BytesMessage;
import jakarta.jms.JMSException;
import jakarta.jms.MapMessage;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Events from a queue of a real Artemis broker, which runs in this JVM. */
@ParameterizedClass
@ValueSource(strings = {"jms", "amqp"})
class JmsInboundTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String SECRET = "sharedsecretvalue";
  private static final JmsBroker BROKER = JmsBroker.shared();

  private static final String NO_OBJECTS =
      "expected a message with text, bytes or a map, found one with a Java object, which is never"
          + " read: that would run code of its sender's choice";

  @Parameter String component;
  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final String queue = UUID.randomUUID().toString();
  private final Map<String, String> settings = new HashMap<>();
  private final Repetitions repetitions = new Repetitions();
  private Application application;

  @BeforeEach
  void settings() {
    // A stop waits for the end of a receive, which without a message takes a second by default.
    settings.put(
        "webhooks.inbound", component + ":" + queue + "?receiveTimeout=100&recoveryInterval=100");
    settings.put("webhooks.urls", receiver.url());
    settings.put("webhooks.signing.secret", SECRET);
    if (component.equals("jms")) {
      settings.put(
          "camel.beans.broker",
          "#class:org.apache.activemq.artemis.jms.client.ActiveMQConnectionFactory");
      settings.put("camel.beans.broker.brokerURL", BROKER.url());
    } else {
      settings.put("camel.beans.broker", "#class:org.apache.qpid.jms.JmsConnectionFactory");
      settings.put("camel.beans.broker.remoteURI", BROKER.amqpUrl());
    }
  }

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start() {
    application = Application.start(folder, settings, Map.of("repetitions", repetitions));
  }

  private static String track(String messageId) {
    return "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\""
        + messageId
        + "\"}";
  }

  private void awaitArrival(String... messageIds) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(() -> assertThat(receiver.messageIds()).containsOnlyKeys(messageIds));
  }

  private void awaitAcknowledged() {
    await().atMost(AT_MOST).until(() -> BROKER.count(queue) == 0);
  }

  @Test
  void messagesOfAnyKindArriveSignedAndWhatIsNoEventIsADeadLetterAndHoldsNothingUp()
      throws Exception {
    BROKER.send(queue, track("m1"));
    BROKER.send(
        queue,
        context -> {
          try {
            BytesMessage message = context.createBytesMessage();
            message.writeBytes(("[" + track("m2") + "," + track("m3") + "]").getBytes(UTF_8));
            return message;
          } catch (JMSException e) {
            throw new IllegalStateException(e);
          }
        });
    BROKER.send(queue, "this is no JSON");
    BROKER.send(queue, context -> context.createMessage());
    BROKER.send(
        queue, context -> context.createObjectMessage(new ArrayList<>(List.of("an object"))));
    BROKER.send(
        queue,
        context -> {
          try {
            MapMessage message = context.createMapMessage();
            message.setString("type", "track");
            message.setString("userId", "u");
            message.setString("event", "E");
            message.setString("messageId", "m4");
            return message;
          } catch (JMSException e) {
            throw new IllegalStateException(e);
          }
        });
    start();
    awaitArrival("m1", "m2", "m3", "m4");
    BROKER.send(queue, track("m5"));
    awaitArrival("m1", "m2", "m3", "m4", "m5");

    awaitAcknowledged();
    assertThat(receiver.requests()).allMatch(request -> Signatures.verifies(SECRET, request));
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(Files.readAllLines(folder.resolve("dead-letters.jsonl")))
                    .hasSize(3)
                    .allMatch(letter -> letter.contains(",\"reason\":\"invalid\""))
                    .satisfiesOnlyOnce(
                        letter -> assertThat(letter).endsWith("\"text\":\"this is no JSON\"}"))
                    .satisfiesOnlyOnce(
                        letter ->
                            assertThat(letter)
                                .contains("unexpected end of text")
                                .endsWith("\"text\":\"\"}"))
                    .satisfiesOnlyOnce(
                        letter ->
                            assertThat(letter)
                                .contains("\"detail\":\"unreadable: " + NO_OBJECTS + "\"")));
  }

  /** A class on the class path that an attacker could make the consumer deserialize. */
  static final class Gadget implements Serializable {

    private static final long serialVersionUID = 1L;
    static final AtomicInteger READ = new AtomicInteger();

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      READ.incrementAndGet();
    }
  }

  /** These options of a URI make Camel pass on objects, or convert them to exchanges. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "&transacted=false",
        "&mapJmsMessage=false",
        "&transferExchange=true",
        "&eagerLoadingOfProperties=false"
      })
  void aJavaObjectIsNeverReadAndBecomesADeadLetter(String options) {
    settings.merge("webhooks.inbound", options, String::concat);
    Gadget.READ.set(0);
    BROKER.send(queue, context -> context.createObjectMessage(new Gadget()));
    BROKER.send(queue, track("m1"));
    start();

    awaitArrival("m1");
    awaitAcknowledged();
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(Files.readAllLines(folder.resolve("dead-letters.jsonl")))
                    .singleElement()
                    .asString()
                    .contains(",\"reason\":\"invalid\"")
                    .contains("\"detail\":\"unreadable: " + NO_OBJECTS + "\""));
    assertThat(Gadget.READ).hasValue(0);
  }

  @Test
  void aMessageIsAcknowledgedOnlyWhenItIsStored() {
    start();
    OutboxFile outbox = new OutboxFile(folder);
    outbox.refuse("outbox", "true");
    BROKER.send(queue, track("m1"));
    BROKER.send(queue, track("m2"));
    repetitions.awaitNext();
    assertThat(BROKER.count(queue)).isEqualTo(2);

    application.close();
    assertThat(BROKER.count(queue)).isEqualTo(2);

    start();
    repetitions.awaitNext();
    assertThat(BROKER.count(queue)).isEqualTo(2);
    outbox.allow();
    awaitArrival("m1", "m2");
    awaitAcknowledged();
    assertThat(receiver.messageIds().values()).containsOnly(1);
  }

  @Test
  void withTheDefaultsOfTheComponentAMessageIsAcknowledgedBeforeItIsStored() {
    // This is why Dromedary adds options. With this one in the URI it adds none.
    settings.merge("webhooks.inbound", "&transacted=false", String::concat);
    start();
    new OutboxFile(folder).refuse("outbox", "true");
    BROKER.send(queue, track("m1"));

    repetitions.awaitNext();
    awaitAcknowledged();
    assertThat(receiver.count()).isZero();
  }

  @Test
  void aBrokerMayGoAwayAndComeBack() {
    start();
    OutboxFile outbox = new OutboxFile(folder);
    outbox.refuse("outbox", "true");
    BROKER.send(queue, "{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\"}");
    repetitions.awaitNext();
    BROKER.stop();
    BROKER.start();
    outbox.allow();

    await().atMost(AT_MOST).until(() -> receiver.count() > 0);
    BROKER.send(queue, track("m2"));
    await().atMost(AT_MOST).until(() -> receiver.messageIds().containsKey("m2"));
    awaitAcknowledged();
    await().atMost(AT_MOST).until(() -> outbox.count("outbox") == 0);
    // The message that was stored but not acknowledged was redelivered. It was recognized as a
    // duplicate, even by its generated id.
    assertThat(receiver.messageIds()).hasSize(2);
    assertThat(receiver.messageIds().values()).containsOnly(1);
  }
}
