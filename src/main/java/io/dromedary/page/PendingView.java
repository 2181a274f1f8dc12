package io.dromedary.page;

import io.dromedary.operations.ApiException;
import io.dromedary.operations.Operations;
import io.dromedary.settings.Settings;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Lists pending events, with why and until when each waits, and retries or removes them. */
final class PendingView implements View {

  private static final int LISTED = 50;

  /** The API's parameters that select events. */
  private static final List<String> FILTERS =
      List.of("destination", "webhook", "type", "messageId", "userId", "status", "since", "until");

  private final CamelContext context;
  private final Operations operations;

  PendingView(CamelContext context, Operations operations) {
    this.context = context;
    this.operations = operations;
  }

  @Override
  public String title(PageRequest request) {
    return "Pending";
  }

  /** The filter of the URL. */
  private static Map<String, @Nullable String> filter(PageRequest request) {
    Map<String, @Nullable String> filter = new LinkedHashMap<>();
    for (String name : FILTERS) {
      if (request.parameter(name) != null) {
        filter.put(name, request.parameter(name));
      }
    }
    return filter;
  }

  private static @Nullable String query(Map<String, @Nullable String> parameters) {
    String query = PageRequest.with("", parameters);
    return query.isEmpty() ? null : query.substring(1);
  }

  @Override
  public FormResult act(PageRequest request) throws Exception {
    Map<String, @Nullable String> meant = new LinkedHashMap<>();
    if ("all".equals(request.field("which"))) {
      meant.putAll(filter(request));
      if (meant.isEmpty()) {
        meant.put("all", "true");
      }
    } else {
      List<String> ids = request.fields("id");
      if (ids.isEmpty()) {
        throw new IllegalArgumentException(
            "Nothing is selected: select events, or all that match.");
      }
      meant.put("id", String.join(",", ids));
    }
    @Nullable String query = query(meant);
    String action = String.valueOf(request.field("do"));
    JsonTree done =
        switch (action) {
          case "try-now" -> call("POST", "/pending/try-now", query, request);
          case "give-up" -> call("POST", "/pending/give-up", query, request);
          case "delete" -> call("DELETE", "/pending", query, request);
          default ->
              throw new IllegalArgumentException(
                  "do: expected try-now, give-up or delete, found another");
        };
    return FormResult.of(sentence(action, done));
  }

  private JsonTree call(String method, String path, @Nullable String query, PageRequest request)
      throws ApiException {
    return JsonTree.of(operations.call(method, path, query, request.caller()));
  }

  private static String sentence(String action, JsonTree done) {
    long inMemory = done.get("inMemory").number();
    String left =
        inMemory == 0
            ? ""
            : " " + Figures.count(inMemory, "event is", "events are") + " in memory or being sent";
    return switch (action) {
      case "try-now" ->
          Figures.count(done.get("due").number(), "event is", "events are")
              + " due now."
              + (left.isEmpty() ? "" : left + " anyway.");
      case "give-up" ->
          Figures.count(
                  done.get("givenUp").number(), "event is a dead letter", "events are dead letters")
              + " now, of the reason cancelled."
              + (left.isEmpty() ? "" : left + " and not changed.");
      default ->
          Figures.count(done.get("deleted").number(), "event is", "events are")
              + " deleted for good."
              + (left.isEmpty() ? "" : left + ": an attempt in progress is not interrupted.");
    };
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    html.open("div", "class", "head").open("div").element("h1", "Pending");
    html.element("p", "Accepted events that are not done, the oldest first.", "class", "soft");
    html.close().close();
    filters(html, request);
    Map<String, @Nullable String> asked = filter(request);
    asked.put("after", request.parameter("after"));
    asked.put("limit", Integer.toString(LISTED));
    JsonTree page = call("GET", "/pending", query(asked), request);
    List<JsonTree> events = page.get("pending").elements();
    if (request.parameter("count") != null) {
      count(html, request);
    }
    html.open("form", "method", "post", "class", "list");
    if (request.mayChange() && !events.isEmpty()) {
      actions(html, request);
    }
    html.open("div", "class", "card", "data-live", "events");
    if (events.isEmpty()) {
      html.element(
          "p",
          filter(request).isEmpty() ? "Nothing waits." : "Nothing that matches waits.",
          "class",
          "empty");
    } else {
      table(html, request, events);
    }
    html.close().close();
    next(html, request, page);
  }

  private void filters(Html html, PageRequest request) {
    html.open("form", "class", "filters");
    html.open("label").text("Destination").open("select", "name", "destination");
    html.element("option", "any", "value", "");
    for (String name : Settings.of(context).destinations().keySet()) {
      boolean isChosen = name.equals(request.parameter("destination"));
      html.element("option", name, "value", name, "selected", isChosen ? "" : null);
    }
    html.close().close();
    field(html, request, "webhook", "Webhook", "1, or its URL");
    field(html, request, "type", "Type", "track");
    field(html, request, "messageId", "Event id", "");
    field(html, request, "userId", "User id", "");
    field(html, request, "status", "Last answer", "503, 5xx, none");
    FilterFields.instant(html, "since", "Accepted since", request.parameter("since"));
    FilterFields.instant(html, "until", "Accepted before", request.parameter("until"));
    html.element("button", "Filter");
    html.element("button", "Count", "name", "count", "value", "yes");
    if (!filter(request).isEmpty()) {
      html.element("a", "Clear", "class", "button", "href", request.link("pending"));
    }
    html.close();
  }

  private static void field(
      Html html, PageRequest request, String name, String label, String example) {
    FilterFields.text(html, name, label, request.parameter(name), example);
  }

  private void count(Html html, PageRequest request) throws ApiException {
    JsonTree count = call("GET", "/pending/count", query(filter(request)), request);
    String message = count.get("message").text();
    long events = count.get("count").number();
    html.element(
        "p",
        Figures.count(events, "event matches", "events match")
            + (message.isEmpty() ? "." : ", and " + message + "."),
        "class",
        "message");
  }

  private static void actions(Html html, PageRequest request) {
    boolean isFiltered = !filter(request).isEmpty();
    html.open("div", "class", "actions");
    html.open("label").open("select", "name", "which", "aria-label", "Which events");
    html.element("option", "selected events", "value", "selected");
    html.element("option", isFiltered ? "all that match" : "all events", "value", "all");
    html.close().close();
    html.element("button", "Try now", "name", "do", "value", "try-now", "data-replay", "");
    html.element(
        "button",
        "Give up",
        "name",
        "do",
        "value",
        "give-up",
        "data-confirm",
        "Give up the chosen events? They become dead letters, which can be replayed.");
    html.element(
        "button",
        "Delete",
        "class",
        "danger",
        "name",
        "do",
        "value",
        "delete",
        "data-confirm",
        "Delete the chosen events for good?");
    html.close();
  }

  private static void table(Html html, PageRequest request, List<JsonTree> events)
      throws Exception {
    html.open("table", "class", "stack").open("thead").open("tr");
    if (request.mayChange()) {
      html.open("th", "scope", "col");
      html.open("input", "type", "checkbox", "data-all", "id", "aria-label", "Select all shown");
      html.close();
    }
    for (String name : List.of("Event", "Destination", "Next attempt", "Last answers")) {
      html.element("th", name, "scope", "col");
    }
    html.element("th", "Attempts", "scope", "col", "class", "num");
    html.element("th", "Accepted", "scope", "col");
    html.element("th", "Expires", "scope", "col");
    html.close().close().open("tbody");
    for (JsonTree event : events) {
      html.in("tr", () -> row(html, request, event), "data-row", "");
    }
    html.close().close();
  }

  private static void row(Html html, PageRequest request, JsonTree event) {
    String messageId = event.get("messageId").text();
    if (request.mayChange()) {
      String id = event.get("id").text();
      html.open("td", "class", "choice");
      html.open(
          "input",
          "type",
          "checkbox",
          "name",
          "id",
          "value",
          id,
          "aria-label",
          "Select " + messageId);
      html.close();
    }
    html.open("th", "scope", "row", "class", "wide event");
    html.element("a", messageId, "class", "id", "href", request.linkToEvent(messageId));
    html.element("small", event.get("type").text()).close();
    html.element("td", event.get("destination").text(), "data-name", "Destination");
    html.open("td", "data-name", "Next attempt").open("span");
    Instant next = instant(event.get("nextAttemptAt"));
    if (next != null) {
      Figures.time(html, next);
    } else {
      html.text(event.get("state").text().replace('-', ' '));
    }
    html.element("small", event.get("because").text()).close().close();
    html.open("td", "class", "wide answers", "data-name", "Last answers").open("div");
    for (JsonTree webhook : event.get("webhooks").elements()) {
      html.open("div");
      html.element("span", webhook.get("webhook").text());
      String attemptClass = webhook.get("class").text();
      html.text(" ");
      html.element(
          "span",
          attemptClass.isEmpty() ? webhook.get("state").text() : attemptClass,
          "class",
          "tag " + tone(attemptClass));
      String answer = webhook.get("answer").text();
      html.element(
          "small",
          webhook.get("error").text() + (answer.isEmpty() ? "" : ": " + answer),
          "class",
          "wide");
      html.close();
    }
    html.close().close();
    html.element("td", event.get("attempts").text(), "class", "num", "data-name", "Attempts");
    time(html, "Accepted", instant(event.get("acceptedAt")));
    time(html, "Expires", instant(event.get("expiresAt")));
  }

  private static String tone(String attemptClass) {
    return attemptClass.isEmpty() ? "" : attemptClass.equals("accepted") ? "good" : "warn";
  }

  private static void time(Html html, String name, @Nullable Instant at) {
    html.open("td", "class", "nowrap", "data-name", name);
    if (at != null) {
      Figures.time(html, at);
    }
    html.close();
  }

  private static @Nullable Instant instant(JsonTree text) {
    return text.text().isEmpty() ? null : Instant.parse(text.text());
  }

  private static void next(Html html, PageRequest request, JsonTree page) {
    String next = page.get("next").text();
    html.open("p", "class", "actions");
    if (request.parameter("after") != null) {
      html.element("a", "First", "class", "button", "href", request.withParameter("after", null));
    }
    if (!next.isEmpty()) {
      html.element("a", "Next", "class", "button", "href", request.withParameter("after", next));
    }
    html.close();
  }
}
