package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.awaitility.core.ConditionTimeoutException;

/** What a {@link Receiver} got, event by event. */
public final class Deliveries {

  private static final Duration SOON = Duration.ofSeconds(10);

  private final Receiver receiver;
  private final String secret;

  /**
   * The deliveries to a receiver.
   *
   * @param secret what each request has to be signed with
   */
  public Deliveries(Receiver receiver, String secret) {
    this.receiver = receiver;
    this.secret = secret;
  }

  /**
   * Waits for the event with that id.
   *
   * @return the body of its request
   * @throws AssertionError if it does not come, or is not a request as a webhook expects it
   */
  public String of(String messageId) {
    return theOnly(withId(messageId));
  }

  /** Waits for the event whose text has that part. */
  public String theOnly(String part) {
    try {
      await()
          .pollInterval(Duration.ofMillis(5))
          .atMost(SOON)
          .until(() -> !requests(part).isEmpty());
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(
          "expected a delivery with " + part + ", found none in " + receiver.requests(), e);
    }
    List<Request> requests = requests(part);
    assertThat(requests).hasSize(1);
    Request request = requests.get(0);
    assertThat(request.method()).isEqualTo("POST");
    assertThat(request.headers("Content-Type")).containsExactly("application/json");
    assertThat(request.headers("User-Agent")).containsExactly("Segment.io/1.0");
    assertThat(Signatures.verifies(secret, request)).as("signature of %s", request).isTrue();
    return request.text();
  }

  private List<Request> requests(String part) {
    return receiver.requests().stream().filter(request -> request.text().contains(part)).toList();
  }

  /** Makes sure that each event so far has come once, and none of these. */
  public void check(Collection<String> unwanted) {
    assertThat(receiver.messageIds())
        .allSatisfy((id, count) -> assertThat(count).as(id).isEqualTo(1));
    assertThat(unwanted.stream().flatMap(id -> requests(withId(id)).stream())).isEmpty();
  }

  private static String withId(String messageId) {
    return "\"messageId\":\"" + messageId + "\"";
  }
}
