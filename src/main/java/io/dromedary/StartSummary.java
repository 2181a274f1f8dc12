package io.dromedary;

import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import io.dromedary.settings.SigningScheme;
import java.util.List;
import java.util.stream.Collectors;
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
    DestinationSettings destination = settings.destination();
    return List.of(
        "Dromedary is ready",
        "  inbound       " + inbound(context, settings),
        "  webhooks      "
            + destination.urls().stream().map(Settings::origin).collect(Collectors.joining(", ")),
        "  accepted by   " + destination.acks() + " of " + destination.urls().size(),
        "  signed        " + signed(destination),
        "  retried for   "
            + Settings.show(destination.retryWindow())
            + ", an attempt ends after "
            + Settings.show(destination.timeout()),
        "  queue         " + queue(settings),
        "  dead letters  " + deadLetters(settings));
  }

  private static String queue(Settings settings) {
    DestinationSettings destination = settings.destination();
    return destination.hasOutbox()
        ? destination.queue() + " in " + settings.outbox().shown()
        : Settings.origin(destination.queue()) + ", in memory only";
  }

  private static String deadLetters(Settings settings) {
    String told = settings.deadLetter() == null ? "" : Settings.origin(settings.deadLetter());
    if (!settings.destination().hasOutbox()) {
      return told;
    }
    return "in the outbox for "
        + Settings.show(settings.outbox().retention())
        + (told.isEmpty() ? "" : ", told to " + told);
  }

  private static String inbound(CamelContext context, Settings settings) {
    if (!settings.inbound().equals(Settings.TRACKING_API)) {
      return Settings.origin(settings.inbound());
    }
    return "tracking API on "
        + context.resolvePropertyPlaceholders(
            "http://{{camel.server.host}}:{{camel.server.port}}/v1")
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
