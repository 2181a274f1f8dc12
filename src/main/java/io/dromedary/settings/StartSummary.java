package io.dromedary.settings;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.ExtendedCamelContext;
import org.apache.camel.Ordered;
import org.apache.camel.StartupListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs a summary of the settings after everything has started, in the packaged application and in
 * hosts. Of a URL it shows only the origin, and never a secret.
 */
public final class StartSummary implements StartupListener, Ordered {

  /** The application's logger, also in a host, since the summary covers more than settings. */
  private static final Logger LOG = LoggerFactory.getLogger("io.dromedary.Dromedary");

  private StartSummary() {}

  /** Adds the summary to a context, to be logged once after the context has started. */
  public static synchronized void in(CamelContext context) {
    ExtendedCamelContext extension = context.getCamelContextExtension();
    if (extension.getContextPlugin(StartSummary.class) == null) {
      StartSummary summary = new StartSummary();
      extension.addContextPlugin(StartSummary.class, summary);
      try {
        context.addStartupListener(summary);
      } catch (Exception e) {
        throw new IllegalStateException("The summary of the start cannot be logged: " + e, e);
      }
    }
  }

  /** Last, together with the packaged application's server, which listens last, too. */
  @Override
  public int getOrder() {
    return LOWEST;
  }

  @Override
  public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {}

  @Override
  public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) {
    lines(context).forEach(LOG::info);
    warnings(Settings.of(context)).forEach(LOG::warn);
  }

  /** Warnings about settings that work but should be changed. */
  public static List<String> warnings(Settings settings) {
    List<String> warnings = new ArrayList<>();
    if (!settings.ineffective().isEmpty()) {
      warnings.add(
          "There is no destination default, since only others have URLs; so these settings have no"
              + " effect: "
              + String.join(", ", settings.ineffective())
              + "; set webhooks.urls, or write webhooks.destination.NAME. before the keys of a"
              + " destination");
    }
    for (DestinationSettings destination : settings.destinations().values()) {
      String plain =
          destination.urls().stream()
              .filter(WebhookUrl::isPlainBeyondLoopback)
              .map(EndpointUri::origin)
              .collect(Collectors.joining(", "));
      if (!plain.isEmpty()) {
        warnings.add(
            "Destination "
                + destination.name()
                + ": events are sent without encryption to "
                + plain
                + "; anybody on the network path can read them, so use https");
      }
    }
    return List.copyOf(warnings);
  }

  /** The lines of the summary. */
  public static List<String> lines(CamelContext context) {
    Settings settings = Settings.of(context);
    List<String> lines = new ArrayList<>();
    lines.add("Dromedary is ready");
    for (Inbound inbound : settings.inbounds()) {
      lines.add("  inbound       " + inbound(context, settings, inbound));
    }
    boolean isOnly = settings.destinations().size() == 1;
    for (DestinationSettings destination : settings.destinations().values()) {
      if (!isOnly) {
        lines.add("  destination   " + destination.name());
      }
      lines.addAll(lines(destination, isOnly ? "" : "  "));
    }
    lines.add("  queue         " + queue(settings));
    lines.add("  dead letters  " + deadLetters(settings));
    if (settings.management().isByHost()) {
      lines.add(
          "  management    "
              + settings.paths().management()
              + ", for callers that the host lets in: Dromedary does not authenticate them");
    }
    AlertSettings alert = settings.alert();
    if (alert != null) {
      lines.add("  alerts        told to " + EndpointUri.origin(alert.uri()));
    }
    return List.copyOf(lines);
  }

  private static List<String> lines(DestinationSettings destination, String indent) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "webhooks      "
            + destination.urls().stream()
                .map(EndpointUri::origin)
                .collect(Collectors.joining(", ")));
    if (destination.events().size() < DestinationSettings.EVENT_TYPES.size()) {
      lines.add(
          "takes         "
              + DestinationSettings.EVENT_TYPES.stream()
                  .filter(destination.events()::contains)
                  .collect(Collectors.joining(", ")));
    }
    lines.add("accepted by   " + destination.acks() + " of " + destination.urls().size());
    String transform = destination.transform();
    if (transform != null) {
      lines.add("transformed   by " + EndpointUri.origin(transform));
    }
    lines.add("signed        " + signed(destination));
    lines.add(
        "retried for   "
            + DurationText.show(destination.retryWindow())
            + ", an attempt ends after "
            + DurationText.show(destination.timeout()));
    String limits = limits(destination);
    if (!limits.isEmpty()) {
      lines.add("limited to    " + limits + ", each webhook");
    }
    if (!destination.down().detection()) {
      lines.add("down          detection is off: a webhook that is down is sent to as any other");
    }
    return lines.stream().map(line -> "  " + indent + line).toList();
  }

  private static String limits(DestinationSettings destination) {
    return Stream.of(
            destination.rate() == null ? "" : destination.rate().toString(),
            destination.concurrency() == null ? "" : destination.concurrency() + " at once")
        .filter(limit -> !limit.isEmpty())
        .collect(Collectors.joining(" and "));
  }

  private static String queue(Settings settings) {
    return settings.destinations().keySet().stream()
            .map(name -> "outbox:" + name)
            .collect(Collectors.joining(", "))
        + " in "
        + settings.outbox().shown();
  }

  private static String deadLetters(Settings settings) {
    String told = settings.deadLetter() == null ? "" : EndpointUri.origin(settings.deadLetter());
    return "in the outbox for "
        + DurationText.show(settings.outbox().retention())
        + (told.isEmpty() ? "" : ", told to " + told);
  }

  private static String inbound(CamelContext context, Settings settings, Inbound inbound) {
    ServerPaths paths = settings.paths();
    if (!inbound.uri().equals(paths.trackingApi())) {
      return EndpointUri.origin(inbound.uri());
    }
    HttpServerInfo server =
        HttpServerInfo.of(context, new PropertyReader(context, System.getenv()));
    return "tracking API on "
        + server.shown(paths.tracking())
        + (settings.writeKeys().isEmpty()
            ? ", without write key"
            : ", " + settings.writeKeys().size() + " write key(s)");
  }

  private static String signed(DestinationSettings destination) {
    List<String> secrets = destination.secrets();
    if (secrets.isEmpty()) {
      return "no";
    }
    return destination.schemes().stream().map(SigningScheme::key).collect(Collectors.joining(", "))
        + (secrets.size() == 1 ? ", secret " : ", secrets ")
        + secrets.stream().map(SecretFingerprint::of).collect(Collectors.joining(", "));
  }
}
