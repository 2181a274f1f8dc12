package io.dromedary.page;

import io.dromedary.delivery.flow.FlowState;
import io.dromedary.destination.DestinationReport;
import io.dromedary.destination.DestinationReport.WebhookFigures;
import io.dromedary.destination.WebhookCheck;
import io.dromedary.history.AttemptFilter;
import io.dromedary.history.AttemptRecord;
import io.dromedary.history.ErrorGroup;
import io.dromedary.history.History;
import io.dromedary.history.HistoryException;
import io.dromedary.history.Rollup;
import io.dromedary.operations.Audit;
import io.dromedary.operations.Mask;
import io.dromedary.operations.Overview;
import io.dromedary.operations.Range;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Shows one webhook: its state, its attempts, its failures and advice on them. */
final class WebhookView implements View {

  private static final Duration SOON = Duration.ofDays(21);
  private static final int LAST_ATTEMPTS = 10;

  private final CamelContext context;

  WebhookView(CamelContext context) {
    this.context = context;
  }

  /** The webhook that the request's path names. */
  private record Found(String destination, DestinationReport report, WebhookFigures webhook) {
    String name() {
      return destination + "/" + webhook.number();
    }
  }

  private Found find(PageRequest request) throws NotFoundException {
    List<String> path = request.path();
    String destination = path.size() == 3 ? path.get(1) : "";
    DestinationReport report =
        Settings.of(context).destinations().containsKey(destination)
            ? DestinationReport.of(context, destination)
            : null;
    String number = path.size() == 3 ? path.get(2) : "";
    if (report != null && number.matches("[1-9]\\d{0,2}")) {
      List<WebhookFigures> webhooks = report.webhooks();
      int index = Integer.parseInt(number) - 1;
      if (index < webhooks.size()) {
        return new Found(destination, report, webhooks.get(index));
      }
    }
    throw new NotFoundException("There is no such webhook. The overview lists all webhooks.");
  }

  @Override
  public String title(PageRequest request) {
    return String.join("/", request.path().subList(1, request.path().size()));
  }

  @Override
  public FormResult act(PageRequest request) throws Exception {
    Found found = find(request);
    String action = String.valueOf(request.field("do"));
    return switch (action) {
      case "test" -> test(request, found);
      case "probe" -> probe(request, found);
      default -> throw new IllegalArgumentException("do: expected test or probe, found another");
    };
  }

  private FormResult test(PageRequest request, Found found) throws InterruptedException {
    WebhookCheck check = check(found);
    if (!check.isHttp()) {
      throw new IllegalArgumentException(
          "expected a webhook that speaks HTTP, found another Camel endpoint");
    }
    WebhookCheck.Finding finding = check.send();
    Audit.done("webhook.test", request.caller().name(), found.name(), 1);
    String detail = "Test " + finding.detail() + ".";
    return finding.level() == WebhookCheck.Level.OK
        ? FormResult.of(detail)
        : FormResult.failed(detail);
  }

  private static FormResult probe(PageRequest request, Found found) {
    boolean isDown = found.report().probeNow(found.webhook().number());
    Audit.done("webhook.probe", request.caller().name(), found.name(), 1);
    return isDown
        ? FormResult.of("The next event that waits for it is sent within a second, as a probe.")
        : FormResult.of("It is not down any more: events are sent to it.");
  }

  private WebhookCheck check(Found found) {
    DestinationSettings settings =
        Objects.requireNonNull(Settings.of(context).destinations().get(found.destination()));
    return new WebhookCheck(context, settings, found.webhook().number());
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    Found found = find(request);
    Range range = Range.of(request.parameter(Range.PARAMETER));
    Instant now = Settings.clock(context).instant();
    html.open("div", "class", "head").open("div");
    html.element("h1", found.name());
    html.element("p", found.webhook().name(), "class", "soft wide").close();
    RangeLinks.write(html, request, range);
    html.close();
    html.in("div", () -> state(html, now, found.webhook()), "class", "card", "data-live", "state");
    if (request.mayChange()) {
      actions(html, request, found);
    }
    History history = History.of(context);
    if (history == null) {
      html.element("p", Overview.OFF + " Counts are since the start.", "class", "message warn");
      html.in("div", () -> counts(html, found.webhook()), "class", "card", "data-live", "counts");
      return;
    }
    try {
      figures(html, request, found, range, now, history);
    } catch (HistoryException e) {
      html.element("p", e.getMessage(), "class", "message bad");
    }
  }

  private static void state(Html html, Instant now, WebhookFigures webhook) {
    FlowState state = webhook.state();
    html.open("dl", "class", "pairs inside");
    html.element("dt", "State").open("dd");
    html.element("span", state.kind().word(), "class", "state " + States.tone(state));
    html.text(" since ");
    Figures.time(html, now.minus(state.lasting()));
    String next = States.next(state);
    html.text(next.isEmpty() ? "" : ", " + next).close();
    if (!state.reason().isEmpty()) {
      pair(html, "Last failure", state.reason());
    }
    pair(html, "In flight", inFlight(webhook));
    if (!Double.isInfinite(state.ratePerSecond())) {
      pair(
          html,
          "Paced to",
          String.format(Locale.ENGLISH, "%,.1f attempts a second", state.ratePerSecond()));
    }
    if (webhook.hasCertificate()) {
      certificate(html, now, webhook.certificateExpiry());
    }
    html.close();
  }

  private static String inFlight(WebhookFigures webhook) {
    String now = Figures.count(webhook.inFlight());
    return switch (webhook.state().kind()) {
      case DOWN -> now + "; only probes are sent while it is down";
      case PAUSED -> now + "; nothing is sent while it is paused";
      case UP, LIMITED -> now + " of at most " + Figures.count(webhook.state().limit());
    };
  }

  private static void certificate(Html html, Instant now, @Nullable Instant expiry) {
    html.element("dt", "Certificate");
    if (expiry == null) {
      html.element("dd", "not seen yet: nothing has been sent since the start");
      return;
    }
    Duration left = Duration.between(now, expiry);
    html.open("dd", "class", left.compareTo(SOON) < 0 ? left.isNegative() ? "bad" : "warn" : null);
    html.text(
        left.isNegative()
            ? "has expired, "
            : Figures.count(left.toDays(), "day", "days") + " left, until ");
    Figures.time(html, expiry);
    html.close();
  }

  private static void pair(Html html, String name, String value) {
    html.element("dt", name).element("dd", value);
  }

  private void actions(Html html, PageRequest request, Found found) {
    html.open("form", "method", "post", "class", "actions");
    if (check(found).isHttp()) {
      html.element("button", "Send a test event", "name", "do", "value", "test");
    }
    if (found.webhook().state().kind() == FlowState.Kind.DOWN) {
      html.element("button", "Probe now", "name", "do", "value", "probe");
    }
    String number = Integer.toString(found.webhook().number());
    html.element(
        "a",
        "Pending events",
        "class",
        "button",
        "href",
        PageRequest.with(
            request.link("pending"),
            new TreeMap<>(Map.of("destination", found.destination(), "webhook", number))));
    html.element(
        "a",
        "Dead letters",
        "class",
        "button",
        "href",
        PageRequest.with(
            request.link("dead-letters"),
            new TreeMap<>(
                Map.of("destination", found.destination(), "webhook", found.webhook().name()))));
    html.close();
  }

  private static void counts(Html html, WebhookFigures webhook) {
    html.open("dl", "class", "pairs inside");
    pair(html, "Accepted", Figures.count(webhook.accepted()));
    webhook
        .failed()
        .forEach((attemptClass, count) -> pair(html, attemptClass.label(), Figures.count(count)));
    html.close();
  }

  private void figures(
      Html html, PageRequest request, Found found, Range range, Instant now, History history)
      throws Exception {
    int number = found.webhook().number();
    List<Rollup> points =
        history.rollups(
            found.destination(), number, range.from(now), now.plusSeconds(1), range.step());
    html.in("div", () -> chart(html, range, now, points), "class", "card", "data-live", "chart");
    Mask mask = Mask.of(context, request.caller());
    List<ErrorGroup> errors = history.errors(found.destination(), number, range.from(now));
    html.in(
        "div",
        () -> AttemptTables.errors(html, request, range, errors, mask),
        "class",
        "card",
        "data-live",
        "errors");
    AttemptFilter filter = AttemptFilter.atWebhook(found.destination(), Integer.toString(number));
    List<AttemptRecord> last = history.attempts(filter, null, LAST_ATTEMPTS);
    html.in(
        "div",
        () -> AttemptTables.attempts(html, request, mask.attempts(last)),
        "class",
        "card",
        "data-live",
        "attempts");
  }

  private static void chart(Html html, Range range, Instant now, List<Rollup> points)
      throws Exception {
    Rollup sum = Rollup.sum(now, points);
    html.element("h2", "Attempts, last " + range.text());
    if (sum.attempts() == 0) {
      html.element("p", "No attempt in this time.", "class", "empty");
      return;
    }
    html.open("div", "class", "inside");
    Charts.bars(html, range, now, points);
    html.open("p", "class", "soft");
    html.text(Figures.share(sum.accepted() / (double) sum.attempts()) + " accepted");
    for (double part : new double[] {0.5, 0.95, 0.99}) {
      Duration quantile = sum.quantile(part);
      if (quantile != null) {
        html.text(" · p" + Math.round(part * 100) + " " + Figures.duration(quantile));
      }
    }
    html.close().close();
  }
}
