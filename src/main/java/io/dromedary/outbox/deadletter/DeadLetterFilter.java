package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.store.Conditions;
import io.dromedary.outbox.store.EventFilter;
import org.jspecify.annotations.Nullable;

/**
 * Selects dead letters. A dead letter matches if it meets every criterion that is not null.
 *
 * @param event criteria for the event, with the instants at which it was given up
 * @param webhook the name of a webhook that the event was meant for
 * @param status the status of the last answer, such as {@code 503}, a class such as {@code 5xx}, or
 *     {@code none} if there was no answer
 * @param attemptClass the class of the last attempt at any of the webhooks
 */
public record DeadLetterFilter(
    EventFilter event,
    @Nullable Reason reason,
    @Nullable String webhook,
    @Nullable String status,
    @Nullable String attemptClass) {

  /** All dead letters. */
  public static final DeadLetterFilter ALL =
      new DeadLetterFilter(EventFilter.ALL, null, null, null, null);

  Conditions conditions() {
    Conditions conditions =
        new Conditions().add("reason = ?", reason == null ? null : reason.json());
    event.addTo(conditions, "dead_at");
    if (status != null && status.equals("none")) {
      conditions.add("last_status IS NULL");
    } else if (status != null) {
      conditions.add("last_status >= ?", Integer.parseInt(status.replace('x', '0')));
      conditions.add("last_status <= ?", Integer.parseInt(status.replace('x', '9')));
    }
    if (webhook != null) {
      conditions.addText("webhooks", "\"webhook\":\"" + webhook + "\"");
    }
    if (attemptClass != null) {
      conditions.addText("webhooks", "\"class\":\"" + attemptClass + "\"");
    }
    return conditions;
  }
}
