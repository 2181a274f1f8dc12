package io.dromedary.history;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Selects attempts. An attempt matches if it meets every criterion that is not null.
 *
 * @param webhook the name or the number of the webhook
 * @param messageId the id of the event, or a prefix of it
 * @param userId the event's {@code userId}
 * @param status the status of the answer, such as {@code 503}, a class such as {@code 5xx}, or
 *     {@code none} if there was no answer
 * @param after the earliest instant at which the attempt began, inclusive
 * @param before the latest instant at which the attempt began, exclusive
 */
public record AttemptFilter(
    @Nullable String destination,
    @Nullable String webhook,
    @Nullable String type,
    @Nullable String messageId,
    @Nullable String userId,
    @Nullable String status,
    @Nullable String attemptClass,
    @Nullable String outcome,
    @Nullable Instant after,
    @Nullable Instant before) {

  /** All attempts. */
  public static final AttemptFilter ALL =
      new AttemptFilter(null, null, null, null, null, null, null, null, null, null);

  /** Selects the attempts at an event, or at all events whose ids have that prefix. */
  public static AttemptFilter ofEvent(String messageId) {
    return new AttemptFilter(null, null, null, messageId, null, null, null, null, null, null);
  }

  /** Selects the attempts at a webhook, by its name or number. */
  public static AttemptFilter atWebhook(String destination, String webhook) {
    return new AttemptFilter(destination, webhook, null, null, null, null, null, null, null, null);
  }
}
