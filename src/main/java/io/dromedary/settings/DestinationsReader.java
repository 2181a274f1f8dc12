package io.dromedary.settings;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;

/** Finds the destinations and reads the settings of each. */
final class DestinationsReader {

  /** The most destinations. Each has its own threads, connections and share of the memory. */
  private static final int MOST_DESTINATIONS = 50;

  private DestinationsReader() {}

  /** Reads the destinations, by name. The default one, if it is used, is the first. */
  static Map<String, DestinationSettings> read(
      CamelContext context, PropertyReader keys, HttpServerInfo server) {
    Map<String, DestinationSettings> destinations = new LinkedHashMap<>();
    Set<String> further = keys.destinations();
    boolean hasDefault = further.isEmpty() || keys.value("urls") != null;
    List<String> bin = further.isEmpty() ? requestBin(keys, server) : List.of();
    PrivateNetworks networks = PrivateNetworks.read(keys);
    // The default destination is read even if it is not used, so that its keys are known.
    DestinationSettings byDefault =
        new DestinationReader(context, keys, networks).read(DestinationSettings.DEFAULT, bin);
    if (hasDefault) {
      destinations.put(byDefault.name(), byDefault);
    }
    for (String name : further) {
      if (!name.matches("[a-z0-9-]{1,50}") || name.equals(DestinationSettings.DEFAULT)) {
        keys.problem(
            "destination.*",
            name,
            "a name of up to 50 lower-case letters, digits and hyphens, other than default");
      }
      PropertyReader own = keys.ofDestination(name);
      if (own.value("urls") == null) {
        own.problem("urls", null, "one to five webhook URLs");
      }
      destinations.putIfAbsent(
          name, new DestinationReader(context, own, networks).read(name, List.of()));
    }
    if (destinations.size() > MOST_DESTINATIONS) {
      keys.problem(
          "destination.*",
          destinations.size() + " destinations",
          "at most " + MOST_DESTINATIONS + " destinations");
    }
    return destinations;
  }

  private static List<String> requestBin(PropertyReader keys, HttpServerInfo server) {
    String bin = server.url(ServerPaths.BIN);
    if (keys.value("urls") != null) {
      return List.of();
    }
    if (!server.isLocal() || bin == null) {
      keys.problem(
          "urls",
          null,
          "one to five webhook URLs, since the built-in request bin is served on loopback only");
      return List.of();
    }
    return List.of(bin);
  }
}
