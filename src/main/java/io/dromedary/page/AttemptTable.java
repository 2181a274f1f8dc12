package io.dromedary.page;

import io.dromedary.history.AttemptRecord;
import io.dromedary.history.Origin;
import io.dromedary.operations.Mask;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes a table of attempts of several webhooks. */
final class AttemptTable {

  private AttemptTable() {}

  /**
   * Writes a table.
   *
   * @param mask masks the answers of receivers
   * @param isLinked whether each row has a link to its event
   */
  static void write(
      Html html, PageRequest request, List<AttemptRecord> attempts, Mask mask, boolean isLinked)
      throws Exception {
    html.open("table", "class", "stack attempts");
    html.in(
        "thead",
        () -> {
          html.open("tr");
          for (String name : List.of("Time", "Event", "Webhook", "Outcome")) {
            html.element("th", name, "scope", "col");
          }
          html.element("th", "Took", "scope", "col", "class", "num");
          html.element("th", "Detail", "scope", "col").close();
        });
    html.open("tbody");
    for (AttemptRecord each : attempts) {
      row(html, request, each, mask, isLinked);
    }
    html.close().close();
  }

  private static void row(
      Html html, PageRequest request, AttemptRecord attempt, Mask mask, boolean isLinked) {
    html.open("tr", "data-row", "");
    html.open("td", "class", "nowrap");
    html.element(
        "time",
        Figures.precise(attempt.at()),
        "datetime",
        attempt.at().toString(),
        "title",
        attempt.at().toString());
    html.close();
    html.open("td", "class", "wide all event");
    if (isLinked) {
      html.element(
          "a",
          attempt.messageId().isEmpty() ? "without id" : attempt.messageId(),
          "class",
          "id",
          "href",
          request.linkToEvent(attempt.messageId()));
    }
    html.element("small", attempt.type()).close();
    html.open("td", "class", "wide");
    if (attempt.webhook() > 0) {
      html.element(
          "a",
          attempt.destination() + "/" + attempt.webhook(),
          "href",
          request.link("webhooks", attempt.destination(), Integer.toString(attempt.webhook())));
      html.element("small", "attempt " + attempt.number() + origin(attempt.origin()));
    } else {
      html.text(attempt.destination());
    }
    html.close();
    html.open("td", "class", "nowrap");
    state(html, attempt);
    html.close();
    html.element("td", attempt.isGone() ? "" : Figures.duration(attempt.took()), "class", "num");
    html.open("td", "class", "wide all");
    String detail = attempt.detail();
    html.text(detail == null ? null : mask.text(detail));
    if (attempt.nextAt() != null) {
      html.open("small").text("next ");
      Figures.time(html, attempt.nextAt());
      html.text(attempt.because() == null ? "" : ": " + attempt.because()).close();
    }
    html.close().close();
  }

  private static String origin(Origin origin) {
    return origin == Origin.DELIVERY ? "" : ", " + origin.json();
  }

  /** Writes an attempt's outcome as one word in the colour of its kind. */
  static void state(Html html, AttemptRecord attempt) {
    html.element("span", word(attempt), "class", "state " + kind(attempt.outcome()));
  }

  private static String word(AttemptRecord attempt) {
    if (attempt.isGone()) {
      return attempt.outcome();
    }
    Integer status = attempt.status();
    return status == null ? attempt.attemptClass() : status.toString();
  }

  /** The style sheet's class for an outcome. */
  static String kind(@Nullable String outcome) {
    if (outcome == null) {
      return "soft";
    }
    return switch (outcome) {
      case AttemptRecord.ACCEPTED -> "good";
      case AttemptRecord.TEMPORARY -> "warn";
      case AttemptRecord.PERMANENT -> "bad";
      default -> "soft";
    };
  }
}
