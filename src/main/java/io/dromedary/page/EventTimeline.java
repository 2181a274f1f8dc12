package io.dromedary.page;

import io.dromedary.destination.PendingReport;
import io.dromedary.history.AttemptRecord;
import io.dromedary.history.EventStory;
import io.dromedary.operations.Mask;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.pending.PendingEvent;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Writes the history of an event at one destination in order of time, and its next attempt. */
final class EventTimeline {

  private final Html html;
  private final PageRequest request;
  private final Mask mask;
  private final @Nullable PendingReport report;

  EventTimeline(Html html, PageRequest request, Mask mask, @Nullable PendingReport report) {
    this.html = html;
    this.request = request;
    this.mask = mask;
    this.report = report;
  }

  void write(EventStory.Part part, @Nullable String historyFailure) {
    List<String> values = masked(part);
    html.open("ol", "class", "timeline");
    Instant accepted = part.acceptedAt();
    if (accepted != null) {
      step("good", accepted, "accepted");
      html.close();
    }
    for (AttemptRecord each : part.attempts()) {
      attempt(each, values);
    }
    for (DeadLetter letter : part.deadLetters()) {
      dead(mask.letter(letter));
    }
    for (PendingEvent pending : part.pending()) {
      next(pending);
    }
    if (part.state() == EventStory.State.DELIVERED && !part.isCertain()) {
      html.open("li", "class", "good");
      html.text("delivered: it is neither pending nor dead; its attempts are not kept").close();
    }
    html.close();
    if (historyFailure != null) {
      html.element("p", "Attempts cannot be shown: " + historyFailure, "class", "message warn");
    }
  }

  /** The values masked in the event. They are hidden in answers, too, as receivers repeat them. */
  private List<String> masked(EventStory.Part part) {
    return Stream.concat(
            part.pending().stream().map(each -> each.event().body()),
            part.deadLetters().stream().map(each -> each.event().body()))
        .findFirst()
        .map(body -> mask.payload(body).values())
        .orElse(List.of());
  }

  private void step(String kind, Instant at, String what) {
    html.open("li", "class", kind);
    html.element(
        "time",
        Figures.precise(at),
        "datetime",
        at.toString(),
        "title",
        at.toString(),
        "class",
        "soft");
    html.text("  ").element("strong", what).text(" ");
  }

  private void attempt(AttemptRecord attempt, List<String> values) {
    String kind = AttemptTable.kind(attempt.outcome());
    if (attempt.isGone()) {
      step(kind, attempt.at(), attempt.outcome());
      html.close();
      return;
    }
    step(kind, attempt.at(), "attempt " + attempt.number());
    html.element(
        "a",
        attempt.destination() + "/" + attempt.webhook(),
        "href",
        request.link("webhooks", attempt.destination(), Integer.toString(attempt.webhook())));
    html.text(" ");
    AttemptTable.state(html, attempt);
    html.text(" ").element("span", "in " + Figures.duration(attempt.took()), "class", "nowrap");
    String detail = attempt.detail();
    if (detail != null) {
      html.open("div", "class", "wide soft").text(mask.text(detail, values)).close();
    }
    if (attempt.nextAt() != null) {
      html.open("div", "class", "soft").text("next ");
      Figures.time(html, attempt.nextAt());
      html.text(attempt.because() == null ? "" : ", " + attempt.because()).close();
    }
    html.close();
  }

  private void dead(DeadLetter letter) {
    step("bad", letter.deadAt(), "dead letter: " + letter.reason().json());
    html.open("div", "class", "wide").text(letter.detail()).close();
    html.close();
  }

  private void next(PendingEvent pending) {
    if (report == null) {
      html.open("li", "class", "next");
      html.text("waits: no destination of that name is configured here").close();
      return;
    }
    PendingReport.Next next = report.next(pending);
    if (next.at() == null) {
      html.open("li", "class", "next").text(next.because());
    } else {
      step("next", next.at(), "next attempt");
      html.open("div", "class", "soft").text(next.because()).close();
    }
    html.open("div", "class", "soft").text("given up ");
    Figures.time(html, next.expiresAt());
    html.text(" if no webhook has accepted it by then").close();
    html.close();
  }
}
