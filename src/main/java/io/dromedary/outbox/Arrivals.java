package io.dromedary.outbox;

import io.dromedary.event.Event;
import io.dromedary.event.RejectedEvent;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.OutboxEvent;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What an endpoint stores of a list of events.
 *
 * @param events at all their destinations
 * @param invalid dead letters of the input that is no event
 */
record Arrivals(List<Append.Arrival> events, List<DeadLetter> invalid) {

  /**
   * What is to be stored of a list.
   *
   * @throws IllegalArgumentException if something in it is of no kind that the endpoint takes
   */
  static Arrivals of(OutboxEndpoint endpoint, List<?> list) {
    List<Append.Arrival> arrivals = new ArrayList<>(list.size());
    List<DeadLetter> invalid = new ArrayList<>();
    Instant now = endpoint.outbox().clock().instant();
    for (Object each : list) {
      if (each instanceof Event event) {
        OutboxEvent stored =
            new OutboxEvent(
                event.messageId(), event.type().json(), event.acceptedAt(), event.json());
        // In one transaction: an event is at all its destinations, or at none.
        for (String destination : destinations(endpoint, event)) {
          arrivals.add(new Append.Arrival(destination, stored));
        }
      } else if (each instanceof RejectedEvent rejected) {
        invalid.add(invalid(endpoint.getName(), rejected, now));
      } else if (each instanceof OutboxEvent event && !endpoint.isEventsOnly()) {
        arrivals.add(new Append.Arrival(endpoint.getName(), event));
      } else {
        throw new IllegalArgumentException(
            "expected a list of events, found one of " + each.getClass().getName());
      }
    }
    return new Arrivals(arrivals, invalid);
  }

  private static List<String> destinations(OutboxEndpoint endpoint, Event event) {
    return endpoint.isToChosen() && !event.destinations().isEmpty()
        ? event.destinations()
        : List.of(endpoint.getName());
  }

  private static DeadLetter invalid(String destination, RejectedEvent rejected, Instant now) {
    String messageId = rejected.messageId();
    return new DeadLetter(
        0,
        destination,
        new OutboxEvent(messageId == null ? "" : messageId, "", now, rejected.text()),
        DeadLetter.Reason.INVALID,
        rejected.code() + ": " + rejected.message(),
        null,
        null,
        null,
        now,
        null);
  }
}
