package io.dromedary.page;

import io.dromedary.alert.Alerts;
import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.AlertSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.Settings;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Lists alerts: the open ones first, then the latest. */
final class AlertsView implements View {

  private final CamelContext context;

  AlertsView(CamelContext context) {
    this.context = context;
  }

  @Override
  public String title(PageRequest request) {
    return "Alerts";
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    Alerts alerts = Alerts.of(context);
    AlertSettings settings = Settings.of(context).alert();
    if (alerts == null || settings == null) {
      html.element("h1", "Alerts");
      html.element("p", "No alerts are sent: webhooks.alert is not set.", "class", "empty");
      return;
    }
    html.open("div", "class", "head").open("div").element("h1", "Alerts");
    html.element("p", "Alerts go to " + EndpointUri.origin(settings.uri()) + ".", "class", "soft");
    html.close().close();
    html.open("div", "class", "card", "data-live", "alerts");
    Instant failing = alerts.storeFailingSince();
    if (failing != null) {
      html.open("p", "class", "message bad", "role", "alert");
      html.text("The store has not worked since ");
      Figures.time(html, failing);
      html.text(".").close();
    }
    try {
      List<AlertRow> rows = told(alerts);
      if (!rows.isEmpty()) {
        table(html, rows);
      } else if (failing == null) {
        html.element("p", "Nothing has gone wrong so far.", "class", "empty");
      }
    } catch (OutboxException e) {
      if (failing == null) {
        throw e;
      }
      // The alerts cannot be read, but the message above already tells of the failing store.
      html.element("p", "Earlier alerts are in the store: " + e.getMessage(), "class", "empty");
    }
    html.close();
  }

  private static List<AlertRow> told(Alerts alerts) throws OutboxException {
    return alerts.rows().stream()
        .filter(row -> row.toldAt() != null)
        .sorted(
            Comparator.comparing((AlertRow row) -> !Alerts.isOpen(row))
                .thenComparing(AlertRow::since, Comparator.reverseOrder()))
        .toList();
  }

  private static void table(Html html, List<AlertRow> rows) {
    html.open("table", "class", "stack");
    html.open("thead").open("tr");
    for (String head : List.of("About", "State", "Since", "Told")) {
      html.element("th", head, "scope", "col");
    }
    html.close().close().open("tbody");
    for (AlertRow row : rows) {
      html.open("tr", "data-row", "");
      html.open("th", "scope", "row", "class", "wide all").text(row.kind());
      html.element("small", row.subject()).close();
      html.open("td", "data-name", "State");
      html.element("span", state(row), "class", "state " + (Alerts.isOpen(row) ? "bad" : "good"));
      html.close();
      time(html, "Since", row.since());
      time(html, "Told", row.toldAt());
      html.close();
    }
    html.close().close();
  }

  /** The text that the page shows for a state. */
  private static String state(AlertRow row) {
    return switch (row.state()) {
      case "50", "90" -> row.state() + " % of the window used up";
      case "0" -> "caught up";
      case "1", "7", "21" -> "expires within " + row.state() + " d";
      case "dying" -> "new dead letters";
      case "calm" -> "none for an hour";
      default -> row.state();
    };
  }

  private static void time(Html html, String name, @Nullable Instant at) {
    html.open("td", "class", "nowrap", "data-name", name);
    if (at != null) {
      Figures.time(html, at);
    }
    html.close();
  }
}
