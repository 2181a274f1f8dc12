package io.dromedary.page;

import io.dromedary.history.AttemptRecord;
import io.dromedary.history.History;
import io.dromedary.history.HistoryException;
import io.dromedary.operations.Mask;
import io.dromedary.settings.Settings;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Lists attempts that match a search, the newest first, and shows one event by its id. */
final class EventsView implements View {

  private static final int ROWS = 50;

  private final CamelContext context;
  private final EventView event;

  EventsView(CamelContext context) {
    this.context = context;
    this.event = new EventView(context);
  }

  @Override
  public String title(PageRequest request) {
    return request.path().size() == 1 ? "Events" : event.title(request);
  }

  @Override
  public FormResult act(PageRequest request) throws Exception {
    return request.path().size() == 1 ? View.super.act(request) : event.act(request);
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    if (request.path().size() > 1) {
      event.write(html, request);
      return;
    }
    Search search;
    try {
      search = Search.of(request.parameter("q"), Settings.clock(context).instant());
    } catch (IllegalArgumentException e) {
      head(html, request, null);
      html.element("p", e.getMessage(), "class", "message bad", "role", "alert");
      return;
    }
    head(html, request, search);
    if (search.isOfDeadLetters()) {
      html.open("p", "class", "message warn").text("Only dead letters have a reason. ");
      html.element(
          "a",
          "Search the dead letters",
          "href",
          PageRequest.with(request.link("dead-letters"), search.deadLetters()));
      html.close();
      return;
    }
    History history = History.of(context);
    if (history == null) {
      html.open("div", "class", "empty");
      html.text("No attempts are kept, because webhooks.history is off. ");
      html.text("Pending events and dead letters are shown in their own views.").close();
      return;
    }
    list(html, request, search, history);
  }

  private static void head(Html html, PageRequest request, @Nullable Search search)
      throws Exception {
    html.open("div", "class", "head").open("div");
    html.element("h1", "Events");
    html.element("p", "Attempts, the newest first. " + hint(search), "class", "soft").close();
    html.in(
        "nav",
        () -> {
          choice(html, request, "All", null);
          choice(html, request, "Accepted", "outcome:accepted");
          choice(html, request, "Failed", "outcome:temporary");
          choice(html, request, "Rejected", "outcome:permanent");
        },
        "class",
        "ranges",
        "aria-label",
        "Outcomes");
    html.close();
  }

  private static String hint(@Nullable Search search) {
    return search == null || search.isEmpty()
        ? "Search by " + Search.EXPECTED + "."
        : "A bare word is an id, or its beginning.";
  }

  private static void choice(Html html, PageRequest request, String name, @Nullable String query) {
    String now = request.parameter("q");
    boolean isHere = query == null ? now == null : query.equals(now);
    html.element(
        "a",
        name,
        "href",
        PageRequest.with(request.link("events"), query == null ? Map.of() : Map.of("q", query)),
        "aria-current",
        isHere ? "true" : null);
  }

  private void list(Html html, PageRequest request, Search search, History history)
      throws Exception {
    Long before = cursor(request);
    List<AttemptRecord> found;
    try {
      found = history.attempts(search.attempts(), before, ROWS + 1);
    } catch (HistoryException e) {
      html.element("p", e.getMessage(), "class", "message bad", "role", "alert");
      return;
    }
    List<AttemptRecord> shown = found.size() > ROWS ? found.subList(0, ROWS) : found;
    // A page of older attempts is not refreshed.
    html.open("div", "data-live", before == null ? "attempts" : null);
    if (shown.isEmpty()) {
      empty(html, search, before != null);
    } else {
      Mask mask = Mask.of(context, request.caller());
      html.in("div", () -> AttemptTable.write(html, request, shown, mask, true), "class", "card");
      if (found.size() > ROWS) {
        String next = Long.toString(shown.get(ROWS - 1).seq());
        html.open("p")
            .element(
                "a",
                "Older",
                "class",
                "button",
                "rel",
                "next",
                "href",
                request.withParameter("before", next));
        html.close();
      }
    }
    html.close();
  }

  private static @Nullable Long cursor(PageRequest request) {
    String before = request.parameter("before");
    if (before != null && !before.matches("\\d{1,18}")) {
      throw new IllegalArgumentException(
          "before: expected what the link to older attempts has, found another text");
    }
    return before == null ? null : Long.valueOf(before);
  }

  private static void empty(Html html, Search search, boolean isLast) throws Exception {
    html.open("div", "class", "empty");
    if (isLast) {
      html.text("There are no older attempts.");
    } else if (search.isEmpty()) {
      html.text("No event yet. Send one:").open("br");
      html.element("pre", "dromedary send --event=Test");
    } else {
      html.text("No attempt in the history matches. ");
      html.text("It keeps only some attempts of events that were accepted at once,");
      html.text(" but every event is found by its whole id.");
    }
    html.close();
  }
}
