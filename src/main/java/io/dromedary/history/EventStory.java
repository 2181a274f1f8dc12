package io.dromedary.history;

import io.dromedary.outbox.AcceptedIds.Acceptance;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.Settings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * The state of an event at each of its destinations, with its attempts. It is known for every event
 * whose id is remembered for de-duplication, whether or not its attempts are kept.
 *
 * @param parts a part for each destination that knows the event
 * @param historyFailure why the attempts could not be read, or null
 */
public record EventStory(String messageId, List<Part> parts, @Nullable String historyFailure) {

  private static final int MOST = 100;

  /** The state of an event. If it differs among destinations, the first of these counts. */
  public enum State {
    /** It is pending. */
    WAITING,
    /** It was given up, and is kept as a dead letter. */
    DEAD,
    /** It was accepted, and then dropped by the transform or deleted by an operator. */
    GONE,
    /** Enough webhooks have accepted it. */
    DELIVERED,
    /** It was not accepted here, or too long ago. */
    UNKNOWN;

    private final String json = name().toLowerCase(Locale.ROOT);

    /** The state in lower case, as it is written in JSON. */
    public String json() {
      return json;
    }
  }

  /**
   * The state of an event at one destination.
   *
   * @param acceptance when it was accepted, or null if that is no longer known
   * @param attempts the recorded attempts, and records of its deletion or the like, oldest first
   */
  public record Part(
      String destination,
      State state,
      @Nullable Acceptance acceptance,
      List<PendingEvent> pending,
      List<DeadLetter> deadLetters,
      List<AttemptRecord> attempts) {

    /** The earliest instant at which it can have been accepted; null if it is no longer known. */
    public @Nullable Instant acceptedAt() {
      if (acceptance != null) {
        return acceptance.from();
      }
      return Stream.concat(
              pending.stream().map(each -> each.event().acceptedAt()),
              deadLetters.stream().map(each -> each.event().acceptedAt()))
          .min(Instant::compareTo)
          .orElse(null);
    }

    /**
     * Whether the state is certain. Without a record of its delivery, an event counts as delivered
     * because it is neither pending nor a dead letter.
     */
    public boolean isCertain() {
      return state != State.DELIVERED
          || attempts.stream().anyMatch(each -> each.outcome().equals(AttemptRecord.ACCEPTED));
    }
  }

  public EventStory {
    parts = List.copyOf(parts);
  }

  /** The state of the event. */
  public State state() {
    return parts.stream().map(Part::state).min(State::compareTo).orElse(State.UNKNOWN);
  }

  /** The earliest instant at which the event can have been accepted; null if it is not known. */
  public @Nullable Instant acceptedAt() {
    return parts.stream()
        .map(Part::acceptedAt)
        .filter(instant -> instant != null)
        .min(Instant::compareTo)
        .orElse(null);
  }

  /** The pending events with that id. */
  public List<PendingEvent> pending() {
    return parts.stream().flatMap(part -> part.pending().stream()).toList();
  }

  /** The dead letters with that id. */
  public List<DeadLetter> deadLetters() {
    return parts.stream().flatMap(part -> part.deadLetters().stream()).toList();
  }

  /** The recorded attempts, of all destinations. */
  public List<AttemptRecord> attempts() {
    return parts.stream().flatMap(part -> part.attempts().stream()).toList();
  }

  /**
   * Finds out the state of an event.
   *
   * @throws OutboxException if the outbox cannot be read
   */
  public static EventStory of(CamelContext context, String messageId) throws OutboxException {
    Outbox outbox = context.getComponent("outbox", OutboxComponent.class).outbox();
    EventFilter filter = new EventFilter(null, null, messageId, null, null, null, Set.of());
    // In this order, so that an event which is given up meanwhile is found as a dead letter.
    List<PendingEvent> pending = pending(outbox.pendingEvents(), filter);
    List<DeadLetter> dead =
        outbox
            .deadLetters()
            .list(new DeadLetterFilter(filter, null, null, null, null), null, MOST)
            .deadLetters();
    List<AttemptRecord> attempts = List.of();
    String failure = null;
    History history = History.of(context);
    if (history == null) {
      failure = "attempts are not kept (webhooks.history)";
    } else {
      try {
        attempts = history.ofEvent(messageId);
      } catch (HistoryException e) {
        failure = e.getMessage();
      }
    }
    Set<String> destinations = new TreeSet<>(Settings.of(context).destinations().keySet());
    pending.forEach(each -> destinations.add(each.destination()));
    dead.forEach(each -> destinations.add(each.destination()));
    attempts.forEach(each -> destinations.add(each.destination()));
    List<Part> parts = new ArrayList<>();
    for (String each : destinations) {
      Part part = part(each, outbox.acceptedIds().find(each, messageId), pending, dead, attempts);
      if (part.state() != State.UNKNOWN) {
        parts.add(part);
      }
    }
    return new EventStory(messageId, parts, failure);
  }

  private static List<PendingEvent> pending(PendingEvents events, EventFilter filter)
      throws OutboxException {
    PendingEvents.Page page =
        events.list(new PendingFilter(filter, event -> true), 0, MOST, DeadLetters.PAGE_BYTES);
    if (page.next() != null && page.events().isEmpty()) {
      throw new OutboxException(
          "not all pending events could be searched in time; try again, or search for the id of the"
              + " event in the outbox");
    }
    return page.events();
  }

  private static Part part(
      String destination,
      @Nullable Acceptance acceptance,
      List<PendingEvent> pending,
      List<DeadLetter> dead,
      List<AttemptRecord> attempts) {
    List<PendingEvent> waiting =
        pending.stream().filter(each -> each.destination().equals(destination)).toList();
    List<DeadLetter> letters =
        dead.stream().filter(each -> each.destination().equals(destination)).toList();
    List<AttemptRecord> made =
        attempts.stream().filter(each -> each.destination().equals(destination)).toList();
    State state;
    if (!waiting.isEmpty()) {
      state = State.WAITING;
    } else if (!letters.isEmpty()) {
      state = State.DEAD;
    } else if (acceptance == null && made.isEmpty()) {
      state = State.UNKNOWN;
    } else {
      state = isGone(made) ? State.GONE : State.DELIVERED;
    }
    return new Part(destination, state, acceptance, waiting, letters, made);
  }

  /** Whether an event that is neither pending nor a dead letter was removed before its delivery. */
  private static boolean isGone(List<AttemptRecord> attempts) {
    if (attempts.stream().anyMatch(each -> each.outcome().equals(AttemptRecord.ACCEPTED))) {
      return false;
    }
    // If the last attempt made it a dead letter, that has been deleted or has expired.
    return !attempts.isEmpty()
        && (attempts.stream().anyMatch(AttemptRecord::isGone)
            || attempts.get(attempts.size() - 1).isLastOfDead());
  }
}
