package io.dromedary.settings;

import java.time.Clock;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * All settings of a Camel context, read and checked once. Immutable.
 *
 * @param inbounds the endpoints that events come from, the default one first
 * @param wrap the type, with or without a colon and a name, of the event that is made of an object
 *     that is not one; if null, such an object is rejected
 * @param paths the paths that Dromedary serves on the HTTP server
 * @param writeKeys the keys of which senders of the tracking API must present one; if empty, no key
 *     is required
 * @param corsOrigins the origins whose pages may send, {@code *} for any; if empty, only pages of
 *     this server may
 * @param h2c whether the packaged server speaks HTTP/2 without TLS
 * @param deadLetter the endpoint that gets each dead letter, or null
 * @param outbox the settings of the outbox
 * @param management who may use the management path; without secrets it is served on loopback only,
 *     to anybody
 * @param destinations the destinations by name; the default one, if it is used, first
 * @param ineffective the keys of the default destination that are set although it is not used
 * @param history which attempts are recorded
 * @param alert where alerts are sent, or null for nowhere
 */
public record Settings(
    List<Inbound> inbounds,
    @Nullable String wrap,
    ServerPaths paths,
    List<String> writeKeys,
    List<String> corsOrigins,
    boolean h2c,
    @Nullable String deadLetter,
    OutboxSettings outbox,
    ManagementSettings management,
    Map<String, DestinationSettings> destinations,
    List<String> ineffective,
    HistorySettings history,
    @Nullable AlertSettings alert) {

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1", "[::1]");
  private static final Pattern WRAP =
      Pattern.compile("(track|page|screen):\\s*\\S.*|page|screen|identify");
  private static final String CLOCK = "dromedary-clock";

  /**
   * Returns the settings of a context. They are read at the first call and kept. Thread-safe.
   *
   * @throws InvalidSettingsException naming every wrong key
   */
  public static synchronized Settings of(CamelContext context) {
    Settings settings = context.getCamelContextExtension().getContextPlugin(Settings.class);
    if (settings == null) {
      settings = read(context, System.getenv());
      context.getCamelContextExtension().addContextPlugin(Settings.class, settings);
    }
    return settings;
  }

  /** Returns whether only this machine can reach a server on an address. */
  public static boolean isLoopback(String host) {
    return LOOPBACK.contains(host);
  }

  /**
   * The clock of all instants: the bean {@value #CLOCK}, or else the system's. A host's other
   * clocks are not used, since such a clock may be fixed.
   */
  public static Clock clock(CamelContext context) {
    Clock clock = context.getRegistry().lookupByNameAndType(CLOCK, Clock.class);
    return clock == null ? Clock.systemUTC() : clock;
  }

  /**
   * Reads the settings of a context, with the given environment variables.
   *
   * @throws InvalidSettingsException naming every wrong key
   */
  public static Settings read(CamelContext context, Map<String, String> environment) {
    CamelVersions.check(context.getVersion());
    PropertyReader keys = new PropertyReader(context, environment);
    HttpServerInfo server = HttpServerInfo.of(context, keys);
    ServerPaths paths = ServerPaths.read(keys, server.requestRoot());
    List<Inbound> inbounds = new InboundReader(context, keys, server, paths).read();
    String wrap = wrap(keys);
    DestinationsReader.Found found = DestinationsReader.read(context, keys, server);
    Map<String, DestinationSettings> destinations = found.byName();
    Set<String> writeKeys = new LinkedHashSet<>(Secrets.read(keys, "write-key.secret"));
    boolean isForAll = writeKeys.isEmpty() && takesAll(destinations.values());
    if (!isForAll || !InboundReader.areLocal(inbounds, server)) {
      destinations.values().forEach(each -> writeKeys.addAll(each.writeKeys()));
    }
    List<String> origins = keys.list("cors.origins");
    boolean h2c = h2c(keys);
    String deadLetter = keys.raw("webhooks.dead-letter");
    OutboxSettings outbox = OutboxReader.read(keys, destinations.values());
    ManagementSettings management = ManagementSettings.read(keys);
    HistorySettings history = HistorySettings.read(keys);
    TracingSettings.read(context, keys);
    AlertSettings alert = AlertSettings.read(context, keys);
    LogSettings.check(keys);
    keys.check();
    Settings settings =
        new Settings(
            inbounds,
            wrap,
            paths,
            List.copyOf(writeKeys),
            origins.isEmpty() && !writeKeys.isEmpty() ? List.of("*") : origins,
            h2c,
            deadLetter,
            outbox,
            management,
            Collections.unmodifiableMap(destinations),
            found.ineffective(),
            history,
            alert);
    RouteProperties.publish(context, settings, server.isLocal());
    EffectiveSettings.keep(context, keys, environment, outbox);
    return settings;
  }

  private static @Nullable String wrap(PropertyReader keys) {
    String found = keys.value("wrap");
    if (found != null && !WRAP.matcher(found).matches()) {
      keys.problem("wrap", found, "track:NAME, page, page:NAME, screen, screen:NAME or identify");
      return null;
    }
    return found;
  }

  private static boolean h2c(PropertyReader keys) {
    String found = keys.text("h2c", "false");
    if (!found.equals("true") && !found.equals("false")) {
      keys.problem("h2c", found, "true or false");
    }
    return found.equals("true");
  }

  /**
   * Returns whether a destination takes the events of all sources. If another one with keys of its
   * own is added, senders without a key must not be locked out.
   */
  private static boolean takesAll(Collection<DestinationSettings> destinations) {
    return destinations.stream().anyMatch(each -> each.writeKeys().isEmpty());
  }

  /** The write keys that identify sources, whether or not a key is required. */
  public Set<String> sources() {
    return Stream.concat(
            writeKeys.stream(),
            destinations.values().stream().flatMap(each -> each.writeKeys().stream()))
        .collect(Collectors.toUnmodifiableSet());
  }
}
