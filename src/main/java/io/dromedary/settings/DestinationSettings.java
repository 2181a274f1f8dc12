package io.dromedary.settings;

import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What one destination is told to do. The values have been checked against each other.
 *
 * @param name the destination's name, {@code default} where none is written
 * @param urls one to five webhooks: http(s) URLs or other Camel endpoint URIs
 * @param headers custom headers of every request, by name; values may be secrets
 * @param secrets signing secrets, the current one first; empty: nothing is signed
 * @param schemes how requests are signed, in the order of their headers
 * @param acks how many webhooks must accept an event
 * @param timeout for a whole attempt, from connecting to the last byte of the answer
 * @param retryWindow how long after its acceptance an event is retried
 * @param inMemory the longest wait for which an event stays in memory, where there is an outbox
 * @param batchSize how many events a request carries; above 1 the body is a JSON array
 * @param batchInterval how long an event waits for its batch to fill
 * @param inFlight how many rounds run at once
 * @param queue the endpoint between acceptance and delivery
 */
public record DestinationSettings(
    String name,
    List<String> urls,
    Map<String, String> headers,
    String userAgent,
    List<String> secrets,
    List<SigningScheme> schemes,
    int acks,
    Duration timeout,
    Duration retryWindow,
    Duration initialDelay,
    double multiplier,
    Duration maxDelay,
    double jitter,
    Duration inMemory,
    int inFlight,
    int batchSize,
    Duration batchInterval,
    String queue) {

  /** Whether events are kept in an outbox, or in memory only. */
  public boolean hasOutbox() {
    return queue.startsWith("outbox:");
  }
}
