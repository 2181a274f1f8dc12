package io.dromedary.settings;

import io.dromedary.event.EventType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What one destination is told to do. The values have been checked against each other.
 *
 * @param name the destination's name, {@code default} where none is written
 * @param events the types that it takes
 * @param writeKeys the sources that it takes, by their write keys; empty: any
 * @param urls one to five webhooks: http(s) URLs or other Camel endpoint URIs
 * @param http how each of them is reached, in their order
 * @param headers custom headers of every request, by name; values may be secrets
 * @param secrets signing secrets, the current one first; empty: nothing is signed
 * @param schemes how requests are signed, in the order of their headers
 * @param acks how many webhooks must accept an event
 * @param timeout for a whole attempt, from connecting to the last byte of the answer
 * @param retryWindow how long after its acceptance an event is retried
 * @param inMemory the longest wait for which an event stays in memory
 * @param batchSize how many events a request carries; above 1 the body is a JSON array
 * @param batchInterval how long an event waits for its batch to fill
 * @param inFlight how many rounds run at once
 * @param rate the most attempts at each webhook a second, minute or hour; null: no such limit
 * @param concurrency the most attempts at each webhook at once; null: no such limit
 * @param down when a webhook is taken for down
 * @param transform the endpoint that may change or drop an event before it is signed; null: none
 */
public record DestinationSettings(
    String name,
    Set<EventType> events,
    List<String> writeKeys,
    List<String> urls,
    List<HttpOptions> http,
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
    @Nullable Rate rate,
    @Nullable Integer concurrency,
    DownSettings down,
    int batchSize,
    Duration batchInterval,
    @Nullable String transform) {

  /** The name of the destination that {@code webhooks.KEY} is about. */
  public static final String DEFAULT = "default";
}
