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

  /** A key of senders as well, which has an effect without the default destination. */
  private static final String OF_SENDERS = "write-key.secret";

  /** The value of {@code signing.secret} in the packaged file, which nobody has written. */
  private static final String PACKAGED_SECRET = "change-me";

  /**
   * The destinations.
   *
   * @param byName the destinations, by name; the default one, if it is used, is the first
   * @param ineffective the keys of the default destination that are set although it is not used
   */
  record Found(Map<String, DestinationSettings> byName, List<String> ineffective) {}

  private DestinationsReader() {}

  /** Reads the destinations. */
  static Found read(CamelContext context, PropertyReader keys, HttpServerInfo server) {
    Map<String, DestinationSettings> destinations = new LinkedHashMap<>();
    Set<String> further = keys.destinations();
    boolean hasDefault = further.isEmpty() || keys.value("urls") != null;
    List<String> bin = further.isEmpty() ? requestBin(keys, server) : List.of();
    PrivateNetworks networks = PrivateNetworks.read(keys);
    // The default destination is read even if it is not used, so that its keys are known.
    Set<String> others = keys.known();
    DestinationSettings byDefault =
        new DestinationReader(context, keys, networks).read(DestinationSettings.DEFAULT, bin);
    List<String> ineffective = List.of();
    if (hasDefault) {
      destinations.put(byDefault.name(), byDefault);
    } else {
      ineffective =
          keys.known().stream()
              .filter(key -> !others.contains(key) && !key.equals(keys.full(OF_SENDERS)))
              .filter(
                  key -> {
                    String value = keys.raw(key);
                    return value != null && !value.equals(PACKAGED_SECRET);
                  })
              .sorted()
              .toList();
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
    return new Found(destinations, ineffective);
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
