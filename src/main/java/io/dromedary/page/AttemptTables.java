package io.dromedary.page;

import io.dromedary.history.AttemptRecord;
import io.dromedary.history.ErrorGroup;
import io.dromedary.operations.Mask;
import io.dromedary.operations.Range;
import java.time.Instant;
import java.util.List;

/** Writes the tables of one webhook's attempts and of their failures. */
final class AttemptTables {

  private AttemptTables() {}

  /** Writes failures, grouped by class, each with advice and samples. */
  static void errors(
      Html html, PageRequest request, Range range, List<ErrorGroup> groups, Mask mask)
      throws Exception {
    html.element("h2", "Errors, last " + range.text());
    if (groups.isEmpty()) {
      html.element("p", "Nothing failed in this time.", "class", "empty");
      return;
    }
    html.open("table", "class", "stack").open("thead").open("tr");
    html.element("th", "Error", "scope", "col");
    html.element("th", "Count", "scope", "col", "class", "num");
    html.element("th", "Last", "scope", "col");
    html.element("th", "What to do", "scope", "col").close().close().open("tbody");
    for (ErrorGroup group : groups) {
      html.open("tr", "data-row", "");
      html.element("th", group.attemptClass(), "scope", "row");
      html.element("td", Figures.count(group.count()), "class", "num");
      html.open("td", "class", "nowrap");
      Instant last = group.last();
      if (last != null) {
        Figures.time(html, last);
      }
      html.close().open("td", "class", "all").text(Advice.of(group.attemptClass()));
      if (!group.samples().isEmpty()) {
        html.open("details", "id", "samples-" + group.attemptClass());
        html.element("summary", Figures.count(group.samples().size(), "sample", "samples"));
        html.open("ul", "class", "samples");
        for (AttemptRecord sample : mask.attempts(group.samples())) {
          sample(html, request, sample);
        }
        html.close().close();
      }
      html.close().close();
    }
    html.close().close();
  }

  private static void sample(Html html, PageRequest request, AttemptRecord sample) {
    html.open("li");
    Figures.time(html, sample.at());
    html.text(" ");
    html.element(
        "a",
        sample.messageId(),
        "class",
        "id wide",
        "href",
        request.linkToEvent(sample.messageId()));
    html.text(" " + sample.type() + ", attempt " + sample.number());
    html.text(" in " + Figures.duration(sample.took()));
    if (sample.detail() != null) {
      html.text(": ").element("span", sample.detail(), "class", "wide");
    }
    Instant next = sample.nextAt();
    if (next != null) {
      html.text("; next attempt ");
      Figures.time(html, next);
    }
    html.close();
  }

  /** Writes attempts, one per row. */
  static void attempts(Html html, PageRequest request, List<AttemptRecord> attempts)
      throws Exception {
    html.element("h2", "Latest attempts in the history");
    if (attempts.isEmpty()) {
      html.element("p", "None yet.", "class", "empty");
      return;
    }
    html.open("table", "class", "stack last").open("thead").open("tr");
    for (String name : new String[] {"Time", "Event", "Type", "Answer"}) {
      html.element("th", name, "scope", "col");
    }
    html.element("th", "Attempt", "scope", "col", "class", "num");
    html.element("th", "Took", "scope", "col", "class", "num");
    html.close().close().open("tbody");
    for (AttemptRecord attempt : attempts) {
      html.in("tr", () -> row(html, request, attempt), "data-row", "");
    }
    html.close().close();
  }

  private static void row(Html html, PageRequest request, AttemptRecord attempt) {
    html.open("td", "class", "nowrap");
    Figures.time(html, attempt.at());
    html.close().open("td");
    html.element(
        "a",
        attempt.messageId(),
        "class",
        "id wide",
        "href",
        request.linkToEvent(attempt.messageId()));
    html.close();
    html.element("td", attempt.type());
    html.open("td", "class", "all");
    outcome(html, attempt);
    html.close();
    html.element("td", attempt.number(), "class", "num", "data-name", "Attempt");
    html.element("td", Figures.duration(attempt.took()), "class", "num", "data-name", "Took");
  }

  /** Writes an attempt's outcome: one word in a colour, and the detail of a failure. */
  static void outcome(Html html, AttemptRecord attempt) {
    String tone =
        switch (attempt.outcome()) {
          case AttemptRecord.ACCEPTED -> "good";
          case AttemptRecord.TEMPORARY -> "warn";
          case AttemptRecord.PERMANENT -> "bad";
          default -> "";
        };
    String word =
        attempt.status() != null
            ? Integer.toString(attempt.status())
            : attempt.attemptClass().isEmpty() ? attempt.outcome() : attempt.attemptClass();
    html.element("span", word, "class", "tag " + tone);
    if (attempt.detail() != null) {
      html.text(" ").element("span", attempt.detail(), "class", "soft wide");
    }
  }
}
