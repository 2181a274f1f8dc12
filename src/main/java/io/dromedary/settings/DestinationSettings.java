package io.dromedary.settings;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one destination. The values have been checked against each other.
 *
 * @param name the destination's name; {@code default} for keys without a destination
 * @param events the names of the event types that it takes
 * @param writeKeys the write keys of the sources that it takes; if empty, any
 * @param urls one to five webhooks: http(s) URLs or other Camel endpoint URIs
 * @param http how each webhook is reached, in the order of {@code urls}
 * @param headers custom headers of every request, by name; values may be secrets
 * @param secrets signing secrets, the current one first; if empty, requests are not signed
 * @param schemes how requests are signed, in the order of their headers
 * @param acks how many webhooks must accept an event
 * @param timeout the limit for a whole attempt, from connecting to the last byte of the response
 * @param retryWindow how long after its acceptance an event is retried
 * @param initialDelay the delay before the first retry
 * @param multiplier the factor by which the delay grows from retry to retry
 * @param maxDelay the longest delay
 * @param jitter the part of a delay, from 0 to 1, by which it may be shortened at random
 * @param inMemory the longest delay during which an event stays in memory
 * @param batchSize how many events a request carries; above 1 the body is a JSON array
 * @param batchInterval how long an event waits for its batch to fill
 * @param inFlight how many rounds run at once
 * @param rate the most attempts at each webhook a second, minute or hour, or null for no limit
 * @param concurrency the most attempts at each webhook at once, or null for no limit
 * @param down when a webhook counts as down
 * @param transform the endpoint that may change or drop an event before it is signed, or null
 */
public record DestinationSettings(
    String name,
    Set<String> events,
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

  /** The names of the event types. The settings know nothing else of events. */
  public static final List<String> EVENT_TYPES =
      List.of("page", "screen", "identify", "track", "alias", "group", "delete");

  /** The name of the destination that the keys {@code webhooks.KEY} configure. */
  public static final String DEFAULT = "default";
}
