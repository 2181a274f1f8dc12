package io.dromedary.history;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which attempts are meant: those of which everything is so that is not null.
 *
 * @param webhook the name, or the number, of a webhook
 * @param messageId the id of the event, or its beginning
 * @param userId what the event had as its {@code userId}
 * @param status the status of the answer, such as {@code 503}, a class of them, such as {@code
 *     5xx}, or {@code none} where there was no answer
 * @param after the first instant at which they began
 * @param before the instant before which they began
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

  /** The attempts at an event, or at those whose ids begin so. */
  public static AttemptFilter ofEvent(String messageId) {
    return new AttemptFilter(null, null, null, messageId, null, null, null, null, null, null);
  }

  /** The attempts at a webhook, by its name or number. */
  public static AttemptFilter atWebhook(String destination, String webhook) {
    return new AttemptFilter(destination, webhook, null, null, null, null, null, null, null, null);
  }

  /** The attempts at a user's events. */
  public static AttemptFilter ofUser(String userId) {
    return new AttemptFilter(null, null, null, null, userId, null, null, null, null, null);
  }
}
