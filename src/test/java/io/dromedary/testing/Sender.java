package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Sends events to an application whose store may not work, and makes sure of what it is answered: a
 * 200 or, soon, a 503 that says when to come again. Remembers what it was answered 200 for.
 */
public final class Sender {

  /** Senders over HTTP give up after ten seconds or so. */
  private static final Duration SOON = Duration.ofSeconds(10);

  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String url;
  private final String filler;
  private final AtomicInteger sent = new AtomicInteger();
  private final Set<String> accepted = ConcurrentHashMap.newKeySet();

  /**
   * A sender to the application at a URL.
   *
   * @param bytes about how long an event is
   */
  public Sender(String url, int bytes) {
    this.url = url;
    this.filler = "x".repeat(bytes);
  }

  /** Sends an event with an id of its own, and returns whether it was accepted. */
  public boolean send() {
    return send(1);
  }

  /** Sends so many events in one request, and returns whether they were accepted. */
  public boolean send(int count) {
    int first = sent.getAndAdd(count);
    StringBuilder body = new StringBuilder("{\"batch\":[");
    for (int i = first; i < first + count; i++) {
      body.append(i == first ? "" : ",")
          .append("{\"type\":\"track\",\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m")
          .append(i)
          .append("\",\"properties\":{\"filler\":\"")
          .append(filler)
          .append("\"}}");
    }
    long start = System.nanoTime();
    Http.Response answer = Http.post(url + "/v1/batch", body.append("]}").toString());
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(SOON);
    if (answer.status() == 200) {
      assertThat(answer.body()).isEqualTo("{\"success\":true}");
      for (int i = first; i < first + count; i++) {
        accepted.add("m" + i);
      }
      return true;
    }
    assertThat(answer)
        .hasToString(
            "503 {\"success\":false,\"code\":\"unavailable\",\"message\":\"The events could not be"
                + " stored; send them again later.\"}");
    assertThat(answer.headers("Retry-After")).containsExactly("5");
    return false;
  }

  /** Sends events until one is refused. */
  public void sendUntilRefused() {
    await().atMost(AT_MOST).pollInterval(Duration.ofMillis(1)).until(() -> !send());
  }

  /** Sends events until one is accepted. */
  public void sendUntilAccepted() {
    await().atMost(AT_MOST).until(() -> send());
  }

  /** The ids of the events that were accepted. */
  public Set<String> accepted() {
    return Set.copyOf(accepted);
  }

  /** Waits until the health is told to be good. */
  public void awaitUp() {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(Http.send("GET", url + "/observe/health"))
                    .hasToString("200 {\"status\":\"UP\"}"));
  }

  /** Waits until the health is told to be bad, because of the store, for that reason. */
  public void awaitDown(String reason) {
    await().atMost(AT_MOST).untilAsserted(() -> assertDown(reason));
  }

  private void assertDown(String reason) throws IOException {
    Http.Response answer = Http.send("GET", url + "/observe/health");
    assertThat(answer.status()).isEqualTo(503);
    JsonNode health = JSON.readTree(answer.body());
    assertThat(health.get("status").asText()).isEqualTo("DOWN");
    assertThat(health.get("checks")).hasSize(1);
    assertThat(health.at("/checks/0/name").asText()).isEqualTo("outbox");
    assertThat(health.at("/checks/0/message").asText())
        .startsWith("The outbox does not work: ")
        .contains(reason);
  }

  /** Waits until a receiver has got every event that was accepted. */
  public void awaitDelivery(Receiver receiver) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(() -> assertThat(receiver.messageIds().keySet()).containsAll(accepted()));
  }
}
