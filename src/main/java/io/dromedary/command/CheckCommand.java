package io.dromedary.command;

import io.dromedary.destination.WebhookCheck;
import io.dromedary.destination.WebhookCheck.Finding;
import io.dromedary.destination.WebhookCheck.Level;
import io.dromedary.json.JsonFields;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.EndpointUri;
import io.dromedary.settings.Settings;
import io.dromedary.settings.StartSummary;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "check",
    description = {
      "Check whether the application can work with the settings of this folder: the settings, the"
          + " store and its disk, and for each webhook its addresses, a connection, TLS and the"
          + " certificate. The application need not run.",
      "It does not connect to addresses that webhooks may not be sent to (webhooks.allow-private),"
          + " and sends nothing without --head or --send. Exits with 2 if a setting is wrong, with"
          + " 3 if there are warnings, and with 4 if a webhook or the store cannot be reached."
    })
final class CheckCommand extends Subcommand {

  @Parameters(
      arity = "0..1",
      paramLabel = "DESTINATION",
      description = "The destination whose webhooks are checked; by default all.")
  @Nullable String destination;

  @Option(
      names = "--head",
      description = "Make a HEAD request to each webhook, which shows how far its clock is off.")
  boolean isHead;

  @Option(names = "--send", description = "Send a signed test event to each webhook.")
  boolean isSend;

  private int warnings;
  private int failures;

  @Override
  public Integer call() throws Exception {
    CommandEnvironment environment = dromedary().environment();
    CamelContext context = environment.configured().get();
    try {
      Settings settings = Settings.read(context, environment.variables());
      context.getCamelContextExtension().addContextPlugin(Settings.class, settings);
      List<DestinationSettings> asked = asked(settings);
      report(
          "settings",
          "",
          new Finding(
              "settings",
              Level.OK,
              "destinations: " + String.join(", ", settings.destinations().keySet())));
      for (String warning : StartSummary.warnings(settings)) {
        report("settings", "", new Finding("settings", Level.WARNING, warning));
      }
      report("store", "", StoreCheck.of(environment.folder(), settings.outbox()));
      if (isSend) {
        context.start();
      }
      for (DestinationSettings each : asked) {
        for (int number = 1; number <= each.urls().size(); number++) {
          check(context, each, number);
        }
      }
    } finally {
      context.stop();
    }
    dromedary().remark(warnings + " warnings, " + failures + " failures");
    return failures > 0 ? ExitCode.DOWN : warnings > 0 ? ExitCode.WARNING : ExitCode.OK;
  }

  private List<DestinationSettings> asked(Settings settings) throws FailedException {
    if (destination == null) {
      return new ArrayList<>(settings.destinations().values());
    }
    DestinationSettings found = settings.destinations().get(destination);
    if (found == null) {
      throw new FailedException(
          ExitCode.USAGE,
          "found \""
              + destination
              + "\", expected one of the destinations "
              + String.join(", ", settings.destinations().keySet()));
    }
    return List.of(found);
  }

  private void check(CamelContext context, DestinationSettings settings, int number)
      throws InterruptedException {
    String subject = settings.name() + "/" + number;
    String shown = EndpointUri.origin(settings.urls().get(number - 1));
    if (!dromedary().isJson) {
      dromedary().print("%-10s %s".formatted(subject, shown));
    }
    WebhookCheck webhook = new WebhookCheck(context, settings, number);
    if (!webhook.isHttp()) {
      Finding none = new Finding("connect", Level.UNKNOWN, "it is a Camel endpoint, not a URL");
      report(subject, shown, none);
      return;
    }
    webhook.connect(isHead).forEach(each -> report(subject, shown, each));
    if (isSend) {
      report(subject, shown, webhook.send());
    }
  }

  private void report(String subject, String webhook, Finding finding) {
    warnings += finding.level() == Level.WARNING ? 1 : 0;
    failures += finding.level() == Level.FAILED ? 1 : 0;
    String level = finding.level().name().toLowerCase(Locale.ROOT);
    if (!dromedary().isJson) {
      String step = (webhook.isEmpty() ? "" : "  ") + finding.step();
      dromedary().print("%-10s %-8s %s".formatted(step, level, finding.detail()));
      return;
    }
    dromedary()
        .print(
            JsonFields.write(
                json -> {
                  json.writeNumberField("version", 1);
                  json.writeStringField("subject", subject);
                  if (!webhook.isEmpty()) {
                    json.writeStringField("webhook", webhook);
                  }
                  json.writeStringField("step", finding.step());
                  json.writeStringField("level", level);
                  json.writeStringField("detail", finding.detail());
                }));
  }
}
