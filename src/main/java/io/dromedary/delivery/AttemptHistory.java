package io.dromedary.delivery;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.event.Event;
import io.dromedary.history.AttemptRecord;
import io.dromedary.history.AttemptRecorder;
import io.dromedary.history.History;
import io.dromedary.history.Origin;
import io.dromedary.history.UserHash;
import io.dromedary.json.NamedMembers;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records the attempts of a destination in the history. A failed attempt is recorded when its
 * consequence has been decided. Failures here never affect a delivery. Thread-safe.
 */
final class AttemptHistory {

  private static final Logger LOG = LoggerFactory.getLogger(AttemptHistory.class);

  private static final String REJECTED = "the webhook has rejected it";

  private final @Nullable History history;
  private final NamedMembers hidden;
  private final String destination;
  private final Clock clock;
  private final List<Webhook> webhooks;

  /**
   * One recorder per webhook. Created after the first attempt, since webhooks are added one by one.
   */
  private volatile List<AttemptRecorder> recorders = List.of();

  /**
   * Creates the history of a destination.
   *
   * @param history the history, or null if there is none
   * @param hidden the members of an event whose values are removed from answers that repeat them
   */
  AttemptHistory(
      @Nullable History history,
      NamedMembers hidden,
      String destination,
      Clock clock,
      List<Webhook> webhooks) {
    this.history = history;
    this.hidden = hidden;
    this.destination = destination;
    this.clock = clock;
    this.webhooks = webhooks;
  }

  /** Records the end of an attempt at a webhook, given by its index. */
  void ended(Delivery delivery, int webhook, Outcome outcome, Duration took, boolean isProbe) {
    History to = history;
    if (to == null) {
      return;
    }
    try {
      ended(recorder(to, webhook), delivery, webhook, outcome, took, isProbe);
    } catch (RuntimeException e) {
      LOG.error("An attempt cannot be recorded", e);
    }
  }

  private void ended(
      AttemptRecorder recorder,
      Delivery delivery,
      int webhook,
      Outcome outcome,
      Duration took,
      boolean isProbe) {
    boolean isSlow = recorder.count(name(outcome), outcome.attemptClass().label(), took);
    EndedAttempt ended =
        new EndedAttempt(
            clock.instant().minus(took),
            webhook,
            delivery.attempts(),
            outcome,
            took,
            isSlow,
            isProbe);
    if (outcome.kind() != Outcome.Kind.ACCEPTED) {
      delivery.addUndecided(ended);
      return;
    }
    for (int i = 0; i < delivery.events().size(); i++) {
      keep(recorder, ended, delivery, i, null, null);
    }
  }

  private static String name(Outcome outcome) {
    return switch (outcome.kind()) {
      case ACCEPTED -> AttemptRecord.ACCEPTED;
      case TEMPORARY -> AttemptRecord.TEMPORARY;
      case PERMANENT -> AttemptRecord.PERMANENT;
    };
  }

  /**
   * Records the consequence of failed attempts for all events of a delivery.
   *
   * @param next the instant of the next attempt
   * @param because the reason for that instant
   */
  void decided(Delivery delivery, Instant next, String because) {
    for (int i = 0; i < delivery.events().size(); i++) {
      decided(delivery, i, next, because);
    }
    delivery.decided();
  }

  /**
   * Records the consequence for one event. A call of {@link Delivery#decided} must follow.
   *
   * @param next the instant of the next attempt, or null if there is none
   */
  void decided(Delivery delivery, int event, @Nullable Instant next, String because) {
    History to = history;
    if (to == null) {
      return;
    }
    try {
      for (EndedAttempt ended : delivery.undecided()) {
        // A webhook that rejected the event gets no further attempt, even if others do.
        boolean isLast =
            next != null
                && ended.outcome().kind() == Outcome.Kind.PERMANENT
                && !delivery.isRejectedBatch();
        keep(
            recorder(to, ended.webhook()),
            ended,
            delivery,
            event,
            isLast ? null : next,
            isLast ? REJECTED : because);
      }
    } catch (RuntimeException e) {
      LOG.error("An attempt cannot be recorded", e);
    }
  }

  /** Keeps a record of one event, unless enough of its kind have been kept. */
  private void keep(
      AttemptRecorder recorder,
      EndedAttempt ended,
      Delivery delivery,
      int index,
      @Nullable Instant next,
      @Nullable String because) {
    Outcome outcome = ended.outcome();
    String name = name(outcome);
    String found = outcome.attemptClass().label();
    Origin origin =
        delivery.claims().isReplayed(index)
            ? Origin.REPLAY
            : ended.isProbe() ? Origin.PROBE : Origin.DELIVERY;
    if (!recorder.isKept(name, found, ended.number(), origin, ended.isSlow())) {
      return;
    }
    Event event = delivery.events().get(index);
    recorder.keep(
        new AttemptRecord(
            0,
            ended.at(),
            destination,
            ended.webhook() + 1,
            webhooks.get(ended.webhook()).name(),
            event.messageId(),
            event.type().json(),
            ended.number(),
            name,
            found,
            outcome.status(),
            ended.took(),
            detail(outcome, event),
            next,
            because,
            origin),
        ended.isSlow(),
        UserHash.of(event.json()));
  }

  /**
   * Hides values here rather than on display, because the event is gone by then, and always,
   * because some operators may only read.
   */
  private @Nullable String detail(Outcome outcome, Event event) {
    String answer = outcome.answer();
    if (answer == null || answer.isBlank()) {
      return outcome.reason().isEmpty() ? null : outcome.reason();
    }
    String told = NamedMembers.hide(answer.strip(), hidden.values(event.json()));
    return outcome.reason() + ": " + told;
  }

  /** Records that enough webhooks have accepted the events of a delivery. */
  void delivered(Delivery delivery) {
    History to = history;
    if (to == null) {
      return;
    }
    // A failed attempt at a webhook that was not needed is not repeated.
    for (int i = 0; i < delivery.events().size() && !delivery.undecided().isEmpty(); i++) {
      decided(delivery, i, null, "enough webhooks have accepted it");
    }
    delivery.decided();
    Instant now = clock.instant();
    AttemptRecorder recorder = recorder(to, 0);
    for (Event event : delivery.events()) {
      recorder.delivered(Duration.between(event.acceptedAt(), now));
    }
  }

  /** Records that the transform has dropped an event. */
  void dropped(Event event) {
    if (history != null) {
      history.record(
          AttemptRecord.gone(
              clock.instant(),
              destination,
              event.messageId(),
              event.type().json(),
              AttemptRecord.DROPPED));
    }
  }

  private AttemptRecorder recorder(History to, int webhook) {
    List<AttemptRecorder> all = recorders;
    if (all.isEmpty()) {
      List<AttemptRecorder> made = new ArrayList<>();
      for (int i = 0; i < webhooks.size(); i++) {
        made.add(to.recorder(destination, i + 1));
      }
      all = List.copyOf(made);
      recorders = all;
    }
    return all.get(webhook);
  }
}
