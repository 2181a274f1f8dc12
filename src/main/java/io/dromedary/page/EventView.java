package io.dromedary.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.destination.PendingReport;
import io.dromedary.destination.RequestPreview;
import io.dromedary.history.EventStory;
import io.dromedary.operations.Audit;
import io.dromedary.operations.Deletions;
import io.dromedary.operations.Mask;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Shows one event: its state, its attempts, the next step with the reason, and its request. */
final class EventView implements View {

  private final CamelContext context;

  EventView(CamelContext context) {
    this.context = context;
  }

  /** The requested id, from the path, or from a parameter if the id cannot stand in a path. */
  private static String id(PageRequest request) {
    String second = request.path().get(1);
    String id = second.equals("by-id") ? request.parameter("id") : second;
    if (id == null || request.path().size() > 2) {
      throw new IllegalArgumentException("expected events/ID, found another path");
    }
    return id;
  }

  @Override
  public String title(PageRequest request) {
    return id(request);
  }

  private Outbox outbox() {
    return context.getComponent("outbox", OutboxComponent.class).outbox();
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    String id = id(request);
    EventStory story = EventStory.of(context, id);
    if (story.state() == EventStory.State.UNKNOWN) {
      throw new NotFoundException(
          "No event with the id " + id + " is known: it was not accepted here, or too long ago.");
    }
    Mask mask = Mask.of(context, request.caller());
    html.open("div", "class", "head", "data-live", "head").open("div");
    html.open("h1").element("span", id, "class", "id").close();
    html.open("p");
    html.element("span", story.state().json(), "class", "state " + kind(story.state()));
    html.element("span", type(story), "class", "soft").close();
    html.close();
    if (request.mayChange()) {
      actions(html, story);
    }
    html.close();
    for (EventStory.Part part : story.parts()) {
      html.open("section", "class", "card", "data-live", "part-" + part.destination());
      html.element("h2", "Destination " + part.destination());
      html.open("div", "class", "inside");
      new EventTimeline(html, request, mask, PendingReport.of(context, part.destination()))
          .write(part, story.historyFailure());
      html.close().close();
    }
    OutboxEvent event = event(story);
    if (event != null) {
      EventStory.Part first = story.parts().get(0);
      request(html, request, mask, first.destination(), event);
    }
  }

  private static String type(EventStory story) {
    OutboxEvent event = event(story);
    if (event != null) {
      return " " + event.type();
    }
    return story.attempts().isEmpty() ? "" : " " + story.attempts().get(0).type();
  }

  private static @Nullable OutboxEvent event(EventStory story) {
    if (!story.pending().isEmpty()) {
      return story.pending().get(0).event();
    }
    return story.deadLetters().isEmpty() ? null : story.deadLetters().get(0).event();
  }

  static String kind(EventStory.State state) {
    return switch (state) {
      case DELIVERED -> "good";
      case WAITING -> "warn";
      case DEAD -> "bad";
      case GONE, UNKNOWN -> "soft";
    };
  }

  private static void actions(Html html, EventStory story) {
    html.open("form", "method", "post", "class", "actions");
    if (!story.pending().isEmpty()) {
      button(html, "Attempt now", "try-now", "first", null);
      button(html, "Give up", "give-up", null, "Give this event up? It becomes a dead letter.");
    }
    if (!story.deadLetters().isEmpty()) {
      html.open("span");
      button(html, "Replay", "replay", "first", null);
      html.close();
    }
    if (!story.pending().isEmpty() || !story.deadLetters().isEmpty()) {
      button(html, "Delete", "delete", "danger", "Delete this event for good?");
    }
    html.close();
  }

  private static void button(
      Html html, String text, String what, @Nullable String style, @Nullable String question) {
    html.element(
        "button",
        text,
        "name",
        "what",
        "value",
        what,
        "class",
        style,
        "data-replay",
        what.equals("replay") ? "" : null,
        "data-confirm",
        question);
  }

  @Override
  public FormResult act(PageRequest request) throws Exception {
    String id = id(request);
    EventFilter event = new EventFilter(null, null, id, null, null, null, Set.of());
    PendingFilter pending = new PendingFilter(event, each -> true);
    DeadLetterFilter dead = new DeadLetterFilter(event, null, null, null, null);
    PendingEvents events = outbox().pendingEvents();
    String what = String.valueOf(request.field("what"));
    return switch (what) {
      case "try-now" -> {
        PendingEvents.Changed changed = events.tryNow(pending, PendingReport::withoutWaits);
        yield done(request, id, "pending.try-now", changed.events(), "It is due now.");
      }
      case "give-up" -> {
        PendingEvents.Changed changed =
            outbox().deadLetters().giveUp(pending, each -> PendingReport.cancelled(context, each));
        yield done(request, id, "pending.give-up", changed.events(), "It is a dead letter now.");
      }
      case "replay" -> {
        long replayed = outbox().replays().start(dead, 100, 1000).replayed();
        yield done(request, id, "dead-letters.replay", replayed, "It is accepted anew.");
      }
      case "delete" -> {
        Deletions deletions = new Deletions(context);
        long deleted =
            events.delete(pending, deletions::pending).events()
                + outbox().deadLetters().delete(dead, deletions::dead);
        deletions.tell();
        yield done(request, id, "delete", deleted, "It is deleted.");
      }
      default -> throw new IllegalArgumentException("expected try-now, give-up, replay or delete");
    };
  }

  private static FormResult done(
      PageRequest request, String id, String what, long count, String message) {
    Audit.done(what, request.caller().name(), "messageId=" + id, count);
    return count == 0
        ? FormResult.failed("Nothing was done: the event is in memory, is being sent, or is gone.")
        : FormResult.of(message);
  }

  private void request(
      Html html, PageRequest request, Mask mask, String destination, OutboxEvent event) {
    RequestPreview preview = RequestPreview.of(context, destination, event, request.mayChange());
    String body = new String(mask.payload(event.body()).json(), UTF_8);
    html.open("section", "class", "card");
    html.element("h2", "Request as it would be sent now");
    html.open("div", "class", "inside");
    if (preview != null) {
      html.open("dl", "class", "pairs");
      html.element("dt", "POST").element("dd", String.join(", ", preview.webhooks()));
      for (Map.Entry<String, String> header : preview.headers().entrySet()) {
        html.element("dt", header.getKey());
        html.element("dd", header.getValue(), "class", "id");
      }
      html.close();
      if (preview.isTransformed()) {
        html.element("p", "The transform changes the body before.", "class", "soft");
      }
    }
    html.open("p").close();
    html.element("pre", body, "id", "event-body");
    if (preview != null) {
      html.open("details", "id", "curl-details").element("summary", "As curl");
      html.element("pre", Curl.command(preview, body), "id", "event-curl");
      html.open("p", "class", "actions");
      html.element("button", "Copy", "type", "button", "data-copy", "event-curl").close();
      html.element(
          "p",
          "The URL and the values of custom headers may be secrets: fill them in. The signature does"
              + " not match a masked body.",
          "class",
          "soft");
      html.close();
    }
    html.close().close();
  }
}
