package io.dromedary.destination;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.delivery.Destination;
import io.dromedary.delivery.LastState;
import io.dromedary.delivery.Progress;
import io.dromedary.delivery.Webhook;
import io.dromedary.delivery.WebhookState;
import io.dromedary.delivery.WebhookStates;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.FlowState;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Shows an operator the progress of a destination's pending events: the state of each webhook, the
 * time of the next attempt, and the reason for the wait. Thread-safe.
 */
public final class PendingReport {

  static final String BEAN = "pending";

  private final Destination destination;

  PendingReport(Destination destination) {
    this.destination = destination;
  }

  /** Returns the report of a destination, or null if this process does not deliver its events. */
  public static @Nullable PendingReport of(CamelContext context, String destination) {
    return context
        .getRegistry()
        .lookupByNameAndType(DestinationBindings.bean(destination, BEAN), PendingReport.class);
  }

  /**
   * Returns a stored progress without the waits that it imposes, so that the event can be sent at
   * once.
   */
  public static String withoutWaits(String progress) {
    return Progress.withoutWaits(progress);
  }

  /**
   * Returns whether an event matches a filter.
   *
   * @param webhook the name or number of a webhook that has neither accepted nor rejected the
   *     event; null for any
   * @param status the status of an answer such as {@code 503}, a class such as {@code 5xx}, or
   *     {@code none} if no webhook has answered; null for any
   * @param attemptClass the name of the class of the last attempt at a webhook; null for any
   */
  public boolean matches(
      PendingEvent event,
      @Nullable String webhook,
      @Nullable String status,
      @Nullable String attemptClass) {
    List<Webhook> webhooks = destination.webhooks();
    WebhookStates states = states(event);
    boolean isAt = webhook == null;
    boolean hasAnswer = false;
    boolean hasStatus = false;
    boolean hasClass = attemptClass == null;
    for (int i = 0; i < webhooks.size(); i++) {
      isAt |=
          states.get(i) == WebhookState.PENDING
              && (webhooks.get(i).name().equals(webhook)
                  || Integer.toString(i + 1).equals(webhook));
      Outcome last = states.outcome(i);
      String found = last == null || last.status() == null ? null : last.status().toString();
      hasAnswer |= found != null;
      hasStatus |= found != null && status != null && isOf(found, status);
      hasClass |= last != null && last.attemptClass().label().equals(attemptClass);
    }
    return isAt && hasClass && (status == null || (status.equals("none") ? !hasAnswer : hasStatus));
  }

  private static boolean isOf(String found, String status) {
    return status.endsWith("xx") ? found.charAt(0) == status.charAt(0) : found.equals(status);
  }

  private WebhookStates states(PendingEvent event) {
    return Progress.read(event.event().progress()).restore(destination.webhooks());
  }

  /**
   * Writes the progress of an event's delivery as fields of a JSON object.
   *
   * @param mask masks the JSON about the webhooks, which contains excerpts of answers
   */
  public void write(JsonGenerator json, PendingEvent event, UnaryOperator<String> mask)
      throws IOException {
    Progress progress = Progress.read(event.event().progress());
    WebhookStates states = progress.restore(destination.webhooks());
    Instant now = destination.clock().instant();
    Instant accepted = event.event().acceptedAt();
    json.writeStringField("expiresAt", destination.schedule().windowEnd(accepted).toString());
    instant(json, "firstAttemptAt", progress.firstAttemptAt);
    instant(json, "lastAttemptAt", progress.lastAttemptAt);
    if (!event.isClaimed()) {
      json.writeStringField("nextAttemptAt", next(event, states, now).toString());
    }
    json.writeStringField("because", because(event, states, now));
    json.writeFieldName("webhooks");
    json.writeRawValue(mask.apply(Progress.webhooks(states, destination.webhooks())));
  }

  /** Returns the destination of the events. */
  Destination destination() {
    return destination;
  }

  /**
   * The next attempt at an event.
   *
   * @param at the time of the next attempt; null if the event is in memory and may be sent any time
   * @param because the reason why it is not sent earlier
   * @param expiresAt the time at which the event is given up
   */
  public record Next(@Nullable Instant at, String because, Instant expiresAt) {}

  /** Returns the next attempt at an event. */
  public Next next(PendingEvent event) {
    WebhookStates states = states(event);
    Instant now = destination.clock().instant();
    return new Next(
        event.isClaimed() ? null : next(event, states, now),
        because(event, states, now),
        destination.schedule().windowEnd(event.event().acceptedAt()));
  }

  /**
   * Returns when an event may be sent again, considering its due time, its webhooks and {@code
   * Retry-After}.
   */
  private Instant next(PendingEvent event, WebhookStates states, Instant now) {
    Instant due = event.dueAt().isAfter(now) ? event.dueAt() : now;
    Instant open = states.notBefore(now, destination.webhooks());
    return open != null && open.isAfter(due) ? open : due;
  }

  /** Returns why an event has not been sent again yet. */
  private String because(PendingEvent event, WebhookStates states, Instant now) {
    if (event.isClaimed()) {
      return "it is being sent, or waits in memory";
    }
    boolean isClosed = states.waitsForClosed(destination.webhooks());
    if (isClosed) {
      return closed(states);
    }
    if (!event.dueAt().isAfter(now)) {
      return "it is due, and waits for its turn";
    }
    for (int i = 0; i < destination.webhooks().size(); i++) {
      Outcome last = states.outcome(i);
      if (states.get(i) == WebhookState.PENDING && last != null && last.notBefore() != null) {
        return "the receiver asked for it, by Retry-After";
      }
    }
    return "the retry schedule";
  }

  private String closed(WebhookStates states) {
    List<Webhook> webhooks = destination.webhooks();
    for (int i = 0; i < webhooks.size(); i++) {
      FlowState state = webhooks.get(i).flow().state();
      if (states.get(i) == WebhookState.PENDING && state.kind() == FlowState.Kind.DOWN) {
        return "the webhook is down: " + state.reason();
      }
    }
    return "the webhook asked to be left alone";
  }

  private static void instant(JsonGenerator json, String name, @Nullable Instant instant)
      throws IOException {
    if (instant != null) {
      json.writeStringField(name, instant.toString());
    }
  }

  /**
   * Returns the dead letter of an event that an operator gives up, even if its destination is
   * unknown here.
   */
  public static DeadLetter cancelled(CamelContext context, PendingEvent pending) {
    PendingReport report = of(context, pending.destination());
    OutboxEvent event = pending.event();
    // Another consumer of the destination may store its progress in another form.
    LastState state =
        report == null
            ? LastState.of((String) null, List.of())
            : LastState.of(event.progress(), report.destination.webhooks());
    return state.deadLetter(
        pending.id(),
        pending.destination(),
        event.withoutProgress(),
        Reason.CANCELLED,
        "an operator has given it up",
        Settings.clock(context).instant());
  }
}
