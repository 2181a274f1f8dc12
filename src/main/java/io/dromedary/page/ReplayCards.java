package io.dromedary.page;

import io.dromedary.outbox.deadletter.ReplayProgress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Shows the progress of replays, each with a button that stops it. */
final class ReplayCards {

  private final Html html;
  private final PageRequest request;

  ReplayCards(Html html, PageRequest request) {
    this.html = html;
    this.request = request;
  }

  void write(List<ReplayProgress> replays) {
    html.open("div", "data-live", "replays");
    for (ReplayProgress each : replays) {
      write(each);
    }
    html.close();
  }

  private void write(ReplayProgress replay) {
    long done = replay.events() - replay.waiting();
    String heading = "replay-" + replay.id();
    html.open("section", "class", "card", "aria-labelledby", heading);
    html.open("h2", "id", heading).text("Replay " + replay.id() + " ");
    html.element("span", replay.state(), "class", "state " + kind(replay)).close();
    html.open("div", "class", "inside");
    html.element(
        "progress",
        "",
        "value",
        Long.toString(done),
        "max",
        Long.toString(Math.max(1, replay.events())),
        "aria-labelledby",
        heading);
    html.open("p");
    html.text(Figures.count(done) + " of " + Figures.count(replay.events()) + " · ");
    html.element("span", Figures.count(replay.delivered()) + " delivered", "class", "good");
    if (replay.deadAgain() > 0) {
      html.text(" · ");
      html.element("span", Figures.count(replay.deadAgain()) + " dead again", "class", "bad");
      html.text(" (" + statuses(replay.dead()) + ")");
    }
    if (replay.deleted() > 0) {
      html.text(" · " + Figures.count(replay.deleted()) + " deleted");
    }
    if (replay.restored() > 0) {
      html.text(" · " + Figures.count(replay.restored()) + " not sent");
    }
    html.close();
    html.open("p", "class", "soft");
    html.text("At " + Figures.count(replay.rate()) + "/s since ");
    Figures.time(html, replay.startedAt());
    if (replay.lastDueAt() != null) {
      html.text(", the last is due ");
      Figures.time(html, replay.lastDueAt());
    }
    html.close();
    if (replay.goesOn() && replay.stoppedAt() == null && request.mayChange()) {
      html.open("form", "method", "post", "class", "actions");
      html.open("input", "type", "hidden", "name", "replay", "value", Long.toString(replay.id()));
      html.element("button", "Stop", "name", "what", "value", "stop").close();
    }
    html.close().close();
  }

  private static String kind(ReplayProgress replay) {
    if (replay.goesOn()) {
      return "warn";
    }
    return replay.deadAgain() > 0 ? "bad" : "good";
  }

  private static String statuses(Map<String, Long> dead) {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(dead)
        .forEach(
            (status, count) ->
                text.append(text.isEmpty() ? "" : ", ")
                    .append(status.equals("none") ? "no answer" : status)
                    .append(": ")
                    .append(Figures.count(count)));
    return text.toString();
  }
}
