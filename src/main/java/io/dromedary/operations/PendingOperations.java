package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.destination.PendingReport;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.OutboxException;
import java.io.IOException;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Lists, counts, retries, gives up and deletes pending events. Thread-safe. */
final class PendingOperations {

  private static final int LISTED = 100;

  private final CamelContext context;
  private final PendingEvents events;
  private final DeadLetters letters;
  private final Pages pages;
  private final Mask mask;

  PendingOperations(CamelContext context, Outbox outbox, Pages pages, Mask mask) {
    this.context = context;
    this.events = outbox.pendingEvents();
    this.letters = outbox.deadLetters();
    this.pages = pages;
    this.mask = mask;
  }

  /** The answer as JSON, or null if there is no such operation. */
  @Nullable String answer(Operation asked) throws RefusedException, OutboxException {
    switch (asked.below()) {
      case "" -> {
        if (asked.method().equals("DELETE")) {
          return delete(asked);
        }
        asked.require("GET", "GET or DELETE");
        return list(new Parameters(asked.query(), Parameters.PENDING, Set.of("limit", "after")));
      }
      case "/count" -> {
        asked.require("GET");
        return count(new Parameters(asked.query(), Parameters.PENDING, Set.of()));
      }
      case "/try-now" -> {
        asked.require("POST");
        return changed(asked, "due", events.tryNow(meant(asked), PendingReport::withoutWaits));
      }
      case "/give-up" -> {
        asked.require("POST");
        return changed(
            asked,
            "givenUp",
            letters.giveUp(meant(asked), event -> PendingReport.cancelled(context, event)));
      }
      default -> {
        return null;
      }
    }
  }

  private String delete(Operation asked) throws OutboxException {
    Deletions deletions = new Deletions(context);
    try {
      return changed(asked, "deleted", events.delete(meant(asked), deletions::pending));
    } finally {
      deletions.tell();
    }
  }

  private PendingFilter meant(Operation asked) {
    Parameters parameters = new Parameters(asked.query(), Parameters.PENDING, Set.of("all"));
    parameters.requireFilter();
    return filter(parameters);
  }

  private PendingFilter filter(Parameters parameters) {
    String webhook = parameters.text("webhook");
    String status = parameters.status();
    String attemptClass = parameters.attemptClass();
    Predicate<PendingEvent> delivery =
        webhook == null && status == null && attemptClass == null
            ? event -> true
            : event -> {
              PendingReport report = PendingReport.of(context, event.destination());
              return report != null && report.matches(event, webhook, status, attemptClass);
            };
    return new PendingFilter(parameters.events(), delivery);
  }

  private String list(Parameters parameters) throws RefusedException, OutboxException {
    PendingFilter filter = filter(parameters);
    long after = parameters.after();
    int limit = parameters.number("limit", LISTED, PendingEvents.MOST_LISTED);
    return pages.<OutboxException>make(
        () -> {
          PendingEvents.Page page = events.list(filter, after, limit, DeadLetters.PAGE_BYTES);
          return JsonFields.write(json -> writePage(json, page));
        });
  }

  private void writePage(JsonGenerator json, PendingEvents.Page page) throws IOException {
    json.writeArrayFieldStart("pending");
    for (PendingEvent event : page.events()) {
      json.writeRawValue(JsonFields.write(fields -> write(context, fields, event, mask)));
    }
    json.writeEndArray();
    if (page.next() != null) {
      json.writeStringField("next", page.next().toString());
    }
  }

  /** Writes the fields of a pending event. */
  static void write(CamelContext context, JsonGenerator json, PendingEvent pending, Mask mask)
      throws IOException {
    json.writeNumberField("id", pending.id());
    json.writeStringField("destination", pending.destination());
    json.writeStringField("messageId", pending.event().messageId());
    json.writeStringField("type", pending.event().type());
    json.writeStringField("state", pending.isClaimed() ? "in-memory" : "waiting");
    json.writeNumberField("attempts", pending.event().attempts());
    json.writeStringField("acceptedAt", pending.event().acceptedAt().toString());
    Mask.Payload payload = mask.payload(pending.event().body());
    PendingReport report = PendingReport.of(context, pending.destination());
    if (report == null) {
      json.writeStringField("because", "no destination of that name is configured here");
    } else {
      report.write(json, pending, webhooks -> mask.webhooks(webhooks, payload.values()));
    }
    DeadLetter.writeEvent(json, payload.json());
  }

  private String count(Parameters parameters) throws OutboxException {
    PendingEvents.Count count = events.count(filter(parameters));
    return JsonFields.write(
        json -> {
          json.writeNumberField("count", count.events());
          if (!count.isWhole()) {
            json.writeStringField(
                "message", "there are more: narrow them down with since and until");
          }
        });
  }

  private static String changed(Operation asked, String done, PendingEvents.Changed changed) {
    String what = asked.below().isEmpty() ? "delete" : asked.below().substring(1);
    asked.audit("pending." + what, changed.events());
    return JsonFields.write(
        json -> {
          json.writeNumberField(done, changed.events());
          json.writeNumberField("inMemory", changed.inMemory());
        });
  }
}
