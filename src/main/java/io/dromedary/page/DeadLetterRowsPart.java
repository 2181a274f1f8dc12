package io.dromedary.page;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterGroup;
import io.dromedary.outbox.deadletter.DeadLetters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes the parts of the dead letters view: its filter, groups, rows and buttons. */
final class DeadLetterRowsPart {

  private static final String FORM = "letters-form";

  private final Html html;
  private final PageRequest request;
  private final Map<String, String> filters;

  DeadLetterRowsPart(Html html, PageRequest request, Map<String, String> filters) {
    this.html = html;
    this.request = request;
    this.filters = filters;
  }

  /** Writes the filter form. */
  void writeFilter() throws Exception {
    html.open("form", "class", "filters", "action", request.link("dead-letters"));
    html.open("label").text("Reason").open("select", "name", "reason");
    html.element("option", "any", "value", "");
    for (String reason : Reason.all()) {
      boolean isChosen = reason.equals(filters.get("reason"));
      html.element("option", reason, "value", reason, "selected", isChosen ? "" : null);
    }
    html.close().close();
    field("destination", "Destination", "default");
    field("status", "Last answer", "503, 5xx, none");
    field("type", "Type", "track");
    field("messageId", "Event id", "");
    field("userId", "User id", "");
    FilterFields.instant(html, "since", "Died since", filters.get("since"));
    FilterFields.instant(html, "until", "Died before", filters.get("until"));
    String webhook = filters.get("webhook");
    if (webhook != null) {
      field("webhook", "Webhook", "");
    }
    html.element("button", "Filter");
    if (!filters.isEmpty()) {
      html.element("a", "Clear", "class", "button", "href", request.link("dead-letters"));
    }
    html.close();
  }

  private void field(String name, String label, String example) {
    FilterFields.text(html, name, label, filters.get(name), example);
  }

  /** Writes a row for each group of similar dead letters, with a link to them. */
  void writeGroups(List<DeadLetterGroup> groups) throws Exception {
    html.open("div", "class", "card", "data-live", "groups").open("table", "class", "stack groups");
    html.in(
        "thead",
        () -> {
          html.open("tr");
          html.element("th", "Count", "scope", "col", "class", "num");
          for (String name : List.of("Reason", "Webhook", "Last answer", "Died")) {
            html.element("th", name, "scope", "col");
          }
          html.close();
        });
    html.open("tbody");
    for (DeadLetterGroup group : groups) {
      html.open("tr");
      html.open("td", "class", "num", "data-name", "Count");
      html.element("strong", Figures.count(group.count())).close();
      html.open("td");
      html.element("a", group.reason().json(), "href", link(group)).close();
      html.open("td", "class", "wide").text(group.destination());
      html.element("small", group.webhook()).close();
      html.open("td").open("span", "class", "tag bad");
      html.text(answer(group.status())).close().close();
      html.open("td", "class", "all soft");
      Figures.time(html, group.oldest());
      if (group.newest().isAfter(group.oldest())) {
        html.text(" to ");
        Figures.time(html, group.newest());
      }
      html.close().close();
    }
    html.close().close().close();
  }

  private static String answer(String status) {
    return status.equals("none") ? "no answer" : status;
  }

  private String link(DeadLetterGroup group) {
    Map<String, @Nullable String> parameters = new LinkedHashMap<>(filters);
    parameters.put("reason", group.reason().json());
    parameters.put("destination", group.destination());
    parameters.put("webhook", group.webhook());
    parameters.put("status", group.status());
    return PageRequest.with(request.link("dead-letters"), parameters);
  }

  /** Writes a row for each dead letter, below the buttons that a caller sees who may use them. */
  void writeLetters(
      List<DeadLetter> letters,
      DeadLetters.@Nullable Place next,
      Map<Reason, Long> counts,
      int rate)
      throws Exception {
    if (request.mayChange()) {
      actions(counts, rate);
    }
    boolean isLive = request.parameter("before") == null;
    html.open("div", "class", "card", "data-live", isLive ? "letters" : null);
    html.open("table", "class", "stack");
    html.in("thead", this::head);
    html.open("tbody");
    for (DeadLetter letter : letters) {
      row(letter);
    }
    html.close().close().close();
    if (next != null) {
      html.open("p");
      html.element(
          "a",
          "Older",
          "class",
          "button",
          "rel",
          "next",
          "href",
          request.withParameter("before", next.deadMillis() + "-" + next.id()));
      html.close();
    }
  }

  private void head() {
    html.open("tr");
    if (request.mayChange()) {
      html.open("th", "scope", "col");
      html.open(
          "input", "type", "checkbox", "data-all", "id", "aria-label", "Select all on this page");
      html.close();
    }
    for (String name : List.of("Died", "Event", "Reason", "Last answer")) {
      html.element("th", name, "scope", "col");
    }
    html.element("th", "Attempts", "scope", "col", "class", "num").close();
  }

  private void row(DeadLetter letter) {
    html.open("tr", "data-row", "");
    String messageId = letter.event().messageId();
    if (request.mayChange()) {
      html.open("td", "class", "choice");
      html.open(
          "input",
          "type",
          "checkbox",
          "name",
          "id",
          "value",
          Long.toString(letter.id()),
          "form",
          FORM,
          "aria-label",
          "Select " + (messageId.isEmpty() ? "dead letter " + letter.id() : messageId));
      html.close();
    }
    html.open("td", "class", "nowrap");
    Figures.time(html, letter.deadAt());
    html.close();
    html.open("td", "class", "wide all event");
    if (messageId.isEmpty()) {
      html.element("span", "without id", "class", "soft");
    } else {
      html.element("a", messageId, "class", "id", "href", request.linkToEvent(messageId));
    }
    html.element(
        "small", (letter.event().type() + " · " + letter.destination()).replaceFirst("^ · ", ""));
    html.close();
    html.open("td", "class", "wide all");
    html.element("span", letter.reason().json(), "class", "tag bad");
    html.element("small", letter.detail()).close();
    Integer status = letter.lastStatus();
    html.element("td", status == null ? "" : status, "data-name", status == null ? null : "Answer");
    html.element(
        "td", Figures.count(letter.event().attempts()), "class", "num", "data-name", "Attempts");
    html.close();
  }

  /** Writes the buttons, which apply to all matching dead letters or to the selected ones. */
  private void actions(Map<Reason, Long> counts, int rate) throws Exception {
    long all = counts.values().stream().mapToLong(Long::longValue).sum();
    long events = all - counts.getOrDefault(Reason.INVALID, 0L);
    String match = filters.isEmpty() ? "all " : "all that match: ";
    html.open("form", "method", "post", "class", "actions", "id", FORM);
    html.open("label").text("Apply to ").open("select", "name", "which");
    html.element("option", match + Figures.count(all), "value", "all");
    html.element("option", "selected ones", "value", "chosen").close().close();
    html.open("label").text("at ");
    html.open(
        "input",
        "type",
        "number",
        "name",
        "rate",
        "value",
        Integer.toString(rate),
        "min",
        "1",
        "max",
        "100000",
        "aria-label",
        "Events a second");
    html.text(" a second").close();
    html.element("button", "Dry run", "name", "what", "value", "dry-run");
    html.element(
        "button",
        "Replay",
        "class",
        "first",
        "name",
        "what",
        "value",
        "replay",
        "data-replay",
        "",
        "data-confirm",
        question("Replay", events));
    html.element(
        "button",
        "Delete",
        "class",
        "danger",
        "name",
        "what",
        "value",
        "delete",
        "data-confirm",
        question("Delete for good", all));
    html.close();
  }

  private String question(String what, long count) {
    String filter =
        filters.entrySet().stream()
            .map(each -> each.getKey() + " " + each.getValue())
            .collect(Collectors.joining(", "));
    return what
        + " all, or the selected ones, of "
        + Figures.count(count, "dead letter", "dead letters")
        + (filter.isEmpty() ? "" : " with " + filter)
        + "?";
  }
}
