package io.dromedary.page;

import io.dromedary.alert.Alerts;
import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.AlertSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.Settings;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import org.apache.camel.CamelContext;

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
    html.element("h1", "Alerts");
    Alerts alerts = Alerts.of(context);
    AlertSettings settings = Settings.of(context).alert();
    if (alerts == null || settings == null) {
      html.element(
          "p",
          "Nobody is told when something goes wrong: webhooks.alert is not set.",
          "class",
          "empty");
      return;
    }
    html.element("p", "Told to " + EndpointUri.origin(settings.uri()) + ".", "class", "soft");
    html.open("div", "class", "card", "data-live", "alerts");
    Instant failing = alerts.storeFailingSince();
    if (failing != null) {
      html.element(
          "p",
          "The store has not worked since " + shown(failing) + ".",
          "class",
          "message bad",
          "role",
          "alert");
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
      html.element("p", "What was told before is in it: " + e.getMessage(), "class", "empty");
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
      html.element("th", row.kind() + " " + row.subject(), "scope", "row");
      html.element(
          "td", state(row), "data-label", "State", "class", Alerts.isOpen(row) ? "bad" : "good");
      html.element("td", shown(row.since()), "data-label", "Since");
      Instant told = row.toldAt();
      html.element("td", told == null ? "" : shown(told), "data-label", "Told");
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

  private static String shown(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
