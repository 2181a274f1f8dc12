package io.dromedary.history;

import io.dromedary.outbox.AcceptedIds.Acceptance;
import io.dromedary.outbox.DeadLetter;
import io.dromedary.outbox.DeadLetterFilter;
import io.dromedary.outbox.DeadLetters;
import io.dromedary.outbox.EventFilter;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.OutboxException;
import io.dromedary.outbox.PendingEvent;
import io.dromedary.outbox.PendingEvents;
import io.dromedary.outbox.PendingFilter;
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
 * What has become of an event at each of its destinations: of every event whose id is known for the
 * sake of the de-duplication, whether or not its attempts are kept.
 *
 * @param parts a part for each destination at which anything is known of it
 * @param historyFailure why attempts cannot be told of, or null
 */
public record EventStory(String messageId, List<Part> parts, @Nullable String historyFailure) {

  private static final int MOST = 100;

  /** Where an event is. Of several destinations the first of these is told. */
  public enum State {
    /** It is in the outbox. */
    WAITING,
    /** It was given up and is kept. */
    DEAD,
    /** It was accepted, and dropped by the transform or deleted by an operator. */
    GONE,
    /** Enough webhooks have accepted it. */
    DELIVERED,
    /** It was not accepted here, or too long ago. */
    UNKNOWN;

    private final String json = name().toLowerCase(Locale.ROOT);

    /** The state as it is written, in lower case. */
    public String json() {
      return json;
    }
  }

  /**
   * What is known of an event at one destination.
   *
   * @param acceptance when it was accepted, or null where that is not known any more
   * @param attempts those that are kept, the oldest first, and what else has happened to it
   */
  public record Part(
      String destination,
      State state,
      @Nullable Acceptance acceptance,
      List<PendingEvent> pending,
      List<DeadLetter> deadLetters,
      List<AttemptRecord> attempts) {

    /** When it was accepted, at the earliest; null where that is not known any more. */
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

    /** Whether a record says how it ended; otherwise it follows from that it is in no place. */
    public boolean isCertain() {
      return state != State.DELIVERED
          || attempts.stream().anyMatch(each -> each.outcome().equals(AttemptRecord.ACCEPTED));
    }
  }

  public EventStory {
    parts = List.copyOf(parts);
  }

  /** Where the event is. */
  public State state() {
    return parts.stream().map(Part::state).min(State::compareTo).orElse(State.UNKNOWN);
  }

  /** When the event was accepted, at the earliest; null where that is not known. */
  public @Nullable Instant acceptedAt() {
    return parts.stream()
        .map(Part::acceptedAt)
        .filter(instant -> instant != null)
        .min(Instant::compareTo)
        .orElse(null);
  }

  /** The events of that id that are not done. */
  public List<PendingEvent> pending() {
    return parts.stream().flatMap(part -> part.pending().stream()).toList();
  }

  /** The dead letters of that id. */
  public List<DeadLetter> deadLetters() {
    return parts.stream().flatMap(part -> part.deadLetters().stream()).toList();
  }

  /** The attempts that are kept, of all destinations. */
  public List<AttemptRecord> attempts() {
    return parts.stream().flatMap(part -> part.attempts().stream()).toList();
  }

  /**
   * What has become of an event.
   *
   * @throws OutboxException if the outbox cannot be read
   */
  public static EventStory of(CamelContext context, String messageId) throws OutboxException {
    Outbox outbox = context.getComponent("outbox", OutboxComponent.class).outbox();
    EventFilter filter = new EventFilter(null, null, messageId, null, null, null, Set.of());
    // In this order: what is no longer pending is a dead letter by then, or done.
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
          "the events that wait could not all be looked at in time; ask again, or for the id of the"
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

  /** Of an event that is in no place any more: whether it was taken out before it was delivered. */
  private static boolean isGone(List<AttemptRecord> attempts) {
    if (attempts.stream().anyMatch(each -> each.outcome().equals(AttemptRecord.ACCEPTED))) {
      return false;
    }
    // A dead letter that is in no place any more was deleted, or has expired.
    return !attempts.isEmpty()
        && (attempts.stream().anyMatch(AttemptRecord::isGone)
            || attempts.get(attempts.size() - 1).isLastOfDead());
  }
}
