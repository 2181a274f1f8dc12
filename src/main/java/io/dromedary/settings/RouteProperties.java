package io.dromedary.settings;

import java.util.HashMap;
import java.util.Map;
import org.apache.camel.CamelContext;

/**
 * Publishes the settings as properties that the routes use, so that each default is written once.
 * They do not have the names of the settings' keys. For those, Camel would use the value in the
 * environment or on the command line without the added options, and a message would be acknowledged
 * before it is stored. The names of URIs end in {@code connection-string}, since Camel Main logs
 * the properties that it resolves, except for words such as this one, and URIs may hold passwords.
 */
final class RouteProperties {

  private static final String JAVA_TIME_MODULE =
      "com.fasterxml.jackson.datatype.jsr310.JavaTimeModule";

  /** The endpoint for dead letters if none is set. It drops them. */
  private static final String NOWHERE = "log:io.dromedary.dead-letters?level=OFF";

  private RouteProperties() {}

  /**
   * Publishes the settings of a context.
   *
   * @param isLocal whether only this machine can reach the HTTP server
   */
  static void publish(CamelContext context, Settings settings, boolean isLocal) {
    ServerPaths paths = settings.paths();
    String deadLetter = settings.deadLetter();
    Map<String, String> properties = new HashMap<>();
    boolean isManaged = settings.management().isServed(isLocal);
    properties.put("dromedary.management.served", Boolean.toString(isManaged));
    properties.put("dromedary.management.path", paths.management());
    // A host may not have the module, if its objects contain no java.time.
    boolean hasTimes = context.getClassResolver().resolveClass(JAVA_TIME_MODULE) != null;
    properties.put("dromedary.json.modules", hasTimes ? JAVA_TIME_MODULE : "");
    String sdkRoot = paths.sdkRoot();
    boolean isForSdks = settings.inbounds().stream().anyMatch(paths::isForSdks);
    properties.put("dromedary.sdk-paths.served", Boolean.toString(isForSdks));
    properties.put("dromedary.sdk-paths.root", sdkRoot == null ? "" : sdkRoot);
    properties.put("dromedary.request-bin.served", Boolean.toString(isLocal));
    properties.put("dromedary.alerts.told", Boolean.toString(settings.alert() != null));
    properties.put(
        "dromedary.dead-letter.connection-string",
        deadLetter == null ? NOWHERE : DeadLetterOptions.complete(PostedTo.uri(deadLetter)));
    // Received events go to the destinations that were chosen for them.
    String chosen = "outbox:" + DestinationSettings.DEFAULT + "?toChosen=true&eventsOnly=true";
    properties.put("dromedary.sdk-paths.outbox", chosen);
    for (Inbound each : settings.inbounds()) {
      String prefix = "dromedary.inbound." + each.name() + ".";
      properties.put(prefix + "connection-string", InboundOptions.complete(each));
      properties.put(
          prefix + "outbox",
          InboundOptions.threadWaits(each.uri()) ? chosen + "&synchronous=true" : chosen);
    }
    for (DestinationSettings each : settings.destinations().values()) {
      String prefix = "dromedary.destination." + each.name() + ".";
      properties.put(prefix + "in-flight", Integer.toString(each.inFlight()));
      properties.put(prefix + "retry.window", DurationText.show(each.retryWindow()));
      properties.put(prefix + "urls.count", Integer.toString(each.urls().size()));
      properties.put(prefix + "batch.size", Integer.toString(each.batchSize()));
      properties.put(prefix + "batch.interval", Long.toString(each.batchInterval().toMillis()));
      String transform = each.transform();
      properties.put(
          prefix + "transform.connection-string",
          transform == null ? "" : InboundOptions.withoutObjects(PostedTo.uri(transform)));
      properties.put(prefix + "transform.disabled", Boolean.toString(transform == null));
    }
    properties.forEach(context.getPropertiesComponent()::addOverrideProperty);
  }
}
