package io.dromedary.operations;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.history.AttemptFilter;
import io.dromedary.history.EventStory;
import io.dromedary.history.History;
import io.dromedary.history.HistoryException;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.AcceptedIds.Acceptance;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import java.io.IOException;
import java.net.URLDecoder;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Tells the state of an event, whether it is pending, dead or in the history, and erases everything
 * that is kept about a user or an event. Thread-safe.
 */
final class EventOperations {

  private static final String PATH = "/events";

  private final CamelContext context;
  private final Outbox outbox;
  private final Pages pages;
  private final Mask mask;

  EventOperations(CamelContext context, Outbox outbox, Pages pages, Mask mask) {
    this.context = context;
    this.outbox = outbox;
    this.pages = pages;
    this.mask = mask;
  }

  /** The answer as JSON, or null if there is no such operation. */
  @Nullable String answer(Operation asked) throws RefusedException, OutboxException {
    if (asked.below().equals(PATH)) {
      if (asked.method().equals("DELETE")) {
        return erase(
            new Parameters(asked.query(), List.of("messageId", "userId"), Set.of()), asked);
      }
      asked.require("GET", "GET or DELETE");
      String id = new Parameters(asked.query(), List.of("messageId"), Set.of()).text("messageId");
      if (id == null) {
        throw new IllegalArgumentException("messageId: found none, expected the id of an event");
      }
      return story(id);
    }
    if (!asked.below().startsWith(PATH + "/")) {
      return null;
    }
    asked.require("GET");
    // In a path, a plus stands for itself; URLDecoder would make it a space.
    String id = asked.below().substring(PATH.length() + 1).replace("+", "%2B");
    return story(URLDecoder.decode(id, UTF_8));
  }

  private String story(String messageId) throws RefusedException, OutboxException {
    return pages.<OutboxException>make(
        () -> {
          EventStory story = EventStory.of(context, messageId);
          return JsonFields.write(json -> write(json, story));
        });
  }

  private void write(JsonGenerator json, EventStory story) throws IOException {
    json.writeStringField("messageId", story.messageId());
    json.writeStringField("state", story.state().json());
    AttemptJson.instant(json, "acceptedAt", story.acceptedAt());
    AttemptJson.text(json, "historyFailure", story.historyFailure());
    json.writeArrayFieldStart("destinations");
    for (EventStory.Part part : story.parts()) {
      json.writeRawValue(JsonFields.write(fields -> write(fields, part)));
    }
    json.writeEndArray();
  }

  private void write(JsonGenerator json, EventStory.Part part) throws IOException {
    json.writeStringField("destination", part.destination());
    json.writeStringField("state", part.state().json());
    AttemptJson.instant(json, "acceptedAt", part.acceptedAt());
    Acceptance acceptance = part.acceptance();
    if (acceptance != null && !acceptance.from().equals(acceptance.until())) {
      json.writeStringField("acceptedUntil", acceptance.until().toString());
    }
    if (!part.isCertain()) {
      json.writeStringField(
          "message", "it was accepted, and is neither pending nor dead; its attempts are not kept");
    }
    json.writeArrayFieldStart("pending");
    for (PendingEvent event : part.pending()) {
      json.writeRawValue(
          JsonFields.write(fields -> PendingOperations.write(context, fields, event, mask)));
    }
    json.writeEndArray();
    json.writeArrayFieldStart("deadLetters");
    for (DeadLetter letter : part.deadLetters()) {
      json.writeRawValue(mask.letter(letter).toJson());
    }
    json.writeEndArray();
    AttemptJson.write(json, "attempts", mask.attempts(part.attempts()));
  }

  /**
   * Erases pending events, then dead letters, then the history: the order in which an event moves,
   * so that none slips past.
   */
  private String erase(Parameters parameters, Operation asked)
      throws RefusedException, OutboxException {
    EventFilter filter = parameters.events();
    if (filter.userId() == null && filter.messageId() == null) {
      throw new IllegalArgumentException("expected userId or messageId, found neither");
    }
    Deletions deletions = new Deletions(context);
    PendingEvents.Changed pending =
        outbox.pendingEvents().delete(new PendingFilter(filter, event -> true), deletions::pending);
    long dead =
        outbox
            .deadLetters()
            .delete(new DeadLetterFilter(filter, null, null, null, null), deletions::dead);
    long attempts = eraseHistory(filter);
    // After the history is erased: these records say only that an event of that id was deleted.
    deletions.tell();
    asked.audit("events.erase", pending.events() + dead + attempts);
    return JsonFields.write(
        json -> {
          json.writeNumberField("pending", pending.events());
          json.writeNumberField("inMemory", pending.inMemory());
          json.writeNumberField("deadLetters", dead);
          json.writeNumberField("attempts", attempts);
        });
  }

  private long eraseHistory(EventFilter filter) throws RefusedException {
    History history = History.of(context);
    if (history == null) {
      return 0;
    }
    try {
      return history.erase(
          new AttemptFilter(
              null, null, null, filter.messageId(), filter.userId(), null, null, null, null, null));
    } catch (HistoryException e) {
      throw new RefusedException(
          503,
          "unavailable",
          "what waits and what is dead is erased, the history is not: ask again; "
              + e.getMessage());
    }
  }
}
