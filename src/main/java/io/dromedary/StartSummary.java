package io.dromedary;

import io.dromedary.event.EventType;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.ServerPaths;
import io.dromedary.settings.Settings;
import io.dromedary.settings.SigningScheme;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells an operator what was started: never a secret, a path or a query of a URL. */
final class StartSummary extends MainListenerSupport {

  private static final Logger LOG = LoggerFactory.getLogger(Dromedary.class);

  @Override
  public void afterStart(BaseMainSupport main) {
    lines(main.getCamelContext()).forEach(LOG::info);
  }

  static List<String> lines(CamelContext context) {
    Settings settings = Settings.of(context);
    List<String> lines = new ArrayList<>();
    lines.add("Dromedary is ready");
    lines.add("  inbound       " + inbound(context, settings));
    boolean isOnly = settings.destinations().size() == 1;
    for (DestinationSettings destination : settings.destinations().values()) {
      if (!isOnly) {
        lines.add("  destination   " + destination.name());
      }
      lines.addAll(lines(destination, isOnly ? "" : "  "));
    }
    lines.add("  queue         " + queue(settings));
    lines.add("  dead letters  " + deadLetters(settings));
    return List.copyOf(lines);
  }

  private static List<String> lines(DestinationSettings destination, String indent) {
    List<String> lines = new ArrayList<>();
    lines.add(
        "webhooks      "
            + destination.urls().stream().map(Settings::origin).collect(Collectors.joining(", ")));
    if (destination.events().size() < EventType.values().length) {
      lines.add(
          "takes         "
              + Stream.of(EventType.values())
                  .filter(destination.events()::contains)
                  .map(EventType::json)
                  .collect(Collectors.joining(", ")));
    }
    lines.add("accepted by   " + destination.acks() + " of " + destination.urls().size());
    String transform = destination.transform();
    if (transform != null) {
      lines.add("transformed   by " + Settings.origin(transform));
    }
    lines.add("signed        " + signed(destination));
    lines.add(
        "retried for   "
            + Settings.show(destination.retryWindow())
            + ", an attempt ends after "
            + Settings.show(destination.timeout()));
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
    String told = settings.deadLetter() == null ? "" : Settings.origin(settings.deadLetter());
    return "in the outbox for "
        + Settings.show(settings.outbox().retention())
        + (told.isEmpty() ? "" : ", told to " + told);
  }

  private static String inbound(CamelContext context, Settings settings) {
    ServerPaths paths = settings.paths();
    if (!settings.inbound().equals(paths.trackingApi())) {
      return Settings.origin(settings.inbound());
    }
    return "tracking API on "
        + context.resolvePropertyPlaceholders("http://{{camel.server.host}}:{{camel.server.port}}")
        + paths.root()
        + paths.tracking()
        + (settings.writeKeys().isEmpty()
            ? ", without write key"
            : ", " + settings.writeKeys().size() + " write key(s)");
  }

  private static String signed(DestinationSettings destination) {
    if (destination.secrets().isEmpty()) {
      return "no";
    }
    return destination.schemes().stream().map(SigningScheme::key).collect(Collectors.joining(", "))
        + (destination.secrets().size() > 1
            ? " with " + destination.secrets().size() + " secrets"
            : "");
  }
}
