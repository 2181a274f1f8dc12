package io.dromedary.page;

import io.dromedary.delivery.DestinationReport;
import io.dromedary.delivery.DestinationReport.WebhookFigures;
import io.dromedary.delivery.flow.FlowState;
import io.dromedary.settings.Settings;
import org.apache.camel.CamelContext;

/** A row a webhook, problems first. */
final class OverviewView implements View {

  private final CamelContext context;

  OverviewView(CamelContext context) {
    this.context = context;
  }

  @Override
  public String title(PageRequest request) {
    return "Overview";
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    html.element("h1", "Overview");
    html.open("div", "class", "card", "data-live", "webhooks");
    html.open("table", "class", "stack");
    for (String destination : Settings.of(context).destinations().keySet()) {
      DestinationReport report = DestinationReport.of(context, destination);
      if (report != null) {
        for (WebhookFigures webhook : report.webhooks()) {
          html.open("tr", "data-row", "");
          html.element("th", destination + "/" + webhook.number());
          html.element("td", webhook.name());
          boolean isUp = webhook.state().kind() == FlowState.Kind.UP;
          html.element("td", isUp ? "up" : webhook.state().reason());
          html.close();
        }
      }
    }
    html.close().close();
  }
}
