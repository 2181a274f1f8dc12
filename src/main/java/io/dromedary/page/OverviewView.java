package io.dromedary.page;

import io.dromedary.delivery.flow.FlowState;
import io.dromedary.history.Rollup;
import io.dromedary.operations.Overview;
import io.dromedary.operations.Overview.Row;
import io.dromedary.operations.Overviews;
import io.dromedary.operations.Range;
import io.dromedary.outbox.OutboxReport;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Shows problems, counts of events, and a row for each webhook. */
final class OverviewView implements View {

  private final CamelContext context;
  private final Overviews overviews;

  OverviewView(CamelContext context, Overviews overviews) {
    this.context = context;
    this.overviews = overviews;
  }

  @Override
  public String title(PageRequest request) {
    return "Overview";
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    Range range = Range.of(request.parameter(Range.PARAMETER));
    Overview overview = overviews.of(range);
    html.open("div", "class", "head");
    html.element("h1", "Overview");
    RangeLinks.write(html, request, range);
    html.close();
    html.in("div", () -> problems(html, request, overview), "data-live", "problems");
    html.in("div", () -> pipeline(html, overview), "data-live", "pipeline");
    if (overview.isEmpty()) {
      html.in("div", () -> firstEvent(html, request), "class", "empty", "data-live", "empty");
    }
    html.in(
        "div",
        () -> webhooks(html, request, range, overview),
        "class",
        "card",
        "data-live",
        "webhooks");
    html.in("div", () -> end(html, request, overview), "data-live", "end");
  }

  private static void problems(Html html, PageRequest request, Overview overview) throws Exception {
    String failure = overview.store().failure();
    if (failure != null) {
      html.element(
          "p",
          "The store does not work: " + failure + ". Senders get 503, and should send again.",
          "class",
          "message bad");
    } else if (overview.waiting() == null) {
      html.element(
          "p",
          "The store does not answer in time: what waits, and for how long, is not known now.",
          "class",
          "message warn");
    }
    for (Row row : overview.rows()) {
      FlowState state = row.webhook().state();
      if (row.isDown()) {
        html.in("p", () -> down(html, request, overview.at(), row), "class", "message bad");
      } else if (state.kind() == FlowState.Kind.PAUSED) {
        html.in(
            "p",
            () -> {
              name(html, request, row);
              html.text(" asked for a pause" + States.because(state.reason()) + "; ");
              html.text(States.next(state) + ".");
            },
            "class",
            "message warn");
      }
      Duration oldest = row.oldest();
      if (row.isLate() && row.webhook().number() == 1 && oldest != null) {
        html.element(
            "p",
            row.destination()
                + ": the oldest event has waited "
                + Figures.duration(oldest)
                + " of "
                + Figures.duration(row.window())
                + ", after which it is a dead letter.",
            "class",
            row.late() > 0.9 ? "message bad" : "message warn");
      }
    }
  }

  private static void down(Html html, PageRequest request, Instant now, Row row) {
    FlowState state = row.webhook().state();
    name(html, request, row);
    html.text(" is down since ");
    Figures.time(html, now.minus(state.lasting()));
    html.text(States.because(state.reason()) + ". ");
    if (row.waiting() != null) {
      html.text(waiting(row.waiting()) + (row.waiting() == 1 ? " waits" : " wait"));
      Duration oldest = row.oldest();
      if (oldest != null && row.waiting() > 0) {
        html.text("; the first expires ");
        Figures.time(html, now.minus(oldest).plus(row.window()));
      }
      html.text("; ");
    }
    html.text(States.next(state) + ".");
  }

  private static void name(Html html, PageRequest request, Row row) {
    html.element(
        "a",
        row.name(),
        "href",
        request.link("webhooks", row.destination(), Integer.toString(row.webhook().number())));
  }

  private static String waiting(long waiting) {
    return Figures.count(waiting) + (OutboxReport.isMost(waiting) ? " or more" : "");
  }

  private static void pipeline(Html html, Overview overview) {
    html.open("dl", "class", "flow");
    figure(html, "Accepted", Figures.brief(overview.accepted()), "since the start", "");
    Long waiting = overview.waiting();
    figure(
        html,
        "Waiting",
        waiting == null ? "–" : Figures.brief(waiting),
        waiting == null ? "the store does not say" : "now, in the store",
        "");
    figure(html, "Delivered", Figures.brief(overview.delivered()), "since the start", "good");
    figure(
        html,
        "Dead",
        Figures.brief(overview.deadInAll()),
        "since the start",
        overview.deadInAll() > 0 ? "bad" : "");
    figure(html, "Dropped", Figures.brief(overview.dropped()), "by a transform", "");
    html.close();
  }

  private static void figure(Html html, String name, String figure, String of, String tone) {
    html.open("div");
    html.element("dt", name);
    html.open("dd", "class", tone.isEmpty() ? null : tone);
    html.text(figure).element("small", of).close();
    html.close();
  }

  private void firstEvent(Html html, PageRequest request) {
    html.element("p", "No event yet. Send one:");
    String path = Settings.of(context).paths().root() + Settings.of(context).paths().tracking();
    html.element(
        "pre",
        "curl -X POST http://"
            + request.host()
            + path
            + "/track -d '{\"userId\":\"u1\",\"event\":\"Test\"}'");
  }

  private static void webhooks(Html html, PageRequest request, Range range, Overview overview)
      throws Exception {
    if (overview.historyProblem() != null) {
      html.element(
          "p",
          overview.historyProblem() + " Rates, shares and durations are not known.",
          "class",
          "message warn");
    }
    html.open("table", "class", "stack tiles").open("thead").open("tr");
    html.element("th", "Webhook", "scope", "col").element("th", "State", "scope", "col");
    html.element("th", "Attempts, " + range.text(), "scope", "col");
    for (String name : new String[] {"Rate", "Accepted", "p50 / p95", "Waiting", "Oldest"}) {
      html.element("th", name, "scope", "col", "class", "num");
    }
    html.close().close().open("tbody");
    for (Row row : overview.rows()) {
      html.in("tr", () -> row(html, request, range, overview.at(), row), "data-row", "");
    }
    html.close().close();
  }

  private static void row(Html html, PageRequest request, Range range, Instant now, Row row) {
    html.open("th", "scope", "row");
    name(html, request, row);
    html.element("small", row.webhook().name(), "class", "wide").close();
    html.open("td");
    States.write(html, row.webhook().state());
    html.close();
    html.open("td", "class", "all");
    if (row.sum() != null) {
      Charts.spark(html, range, now, row.points());
    }
    html.close();
    cell(html, "Rate", row.rate() == null ? "–" : Figures.rate(row.rate()), null);
    Double share = row.share();
    cell(
        html,
        "Accepted",
        share == null ? "–" : Figures.share(share),
        share == null || !row.failsOften() ? null : share < 0.5 ? "bad" : "warn");
    cell(html, "p50 / p95", quantiles(row.sum()), null);
    cell(html, "Waiting", row.waiting() == null ? "–" : waiting(row.waiting()), null);
    Duration oldest = row.oldest();
    boolean isNone = oldest == null || oldest.isZero();
    html.open("td", "class", "num" + (row.isLate() ? " bad" : ""), "data-name", "Oldest");
    html.open("span").text(isNone || oldest == null ? "–" : Figures.duration(oldest));
    if (!isNone) {
      html.element("small", "of " + Figures.duration(row.window()));
    }
    html.close().close();
  }

  private static void cell(Html html, String name, String value, @Nullable String tone) {
    html.element("td", value, "class", tone == null ? "num" : "num " + tone, "data-name", name);
  }

  private static String quantiles(@Nullable Rollup sum) {
    Duration half = sum == null ? null : sum.quantile(0.5);
    Duration most = sum == null ? null : sum.quantile(0.95);
    return half == null || most == null
        ? "–"
        : Figures.duration(half) + " / " + Figures.duration(most);
  }

  private static void end(Html html, PageRequest request, Overview overview) {
    OutboxReport store = overview.store();
    html.open("p", "class", "soft");
    html.text("Dead letters since the start: ");
    if (overview.dead().isEmpty()) {
      html.text("none");
    }
    String between = "";
    for (Map.Entry<Reason, Long> each : overview.dead().entrySet()) {
      String reason = each.getKey().json();
      html.text(between);
      html.element(
          "a",
          reason + " " + Figures.count(each.getValue()),
          "href",
          PageRequest.with(request.link("dead-letters"), Map.of("reason", reason)));
      between = " · ";
    }
    html.text(". The store ");
    html.text(
        store.failure() != null
            ? "is not well: "
            : overview.waiting() == null ? "does not answer in time: " : "is well: ");
    html.text(store.shown());
    Long bytes = store.sizeBytes();
    if (bytes != null) {
      html.text(", " + Figures.bytes(bytes));
    }
    html.text(store.isDurable() ? "." : "; events are lost when the process ends.");
    html.close();
  }
}
