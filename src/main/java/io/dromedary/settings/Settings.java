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
 * Everything that is configured, read and checked once for a Camel context. Immutable.
 *
 * @param inbounds where events come from, the default one first
 * @param wrap the type, and the name behind a colon, that an object gets which is no event; null:
 *     it is rejected
 * @param paths which paths of the HTTP server are ours
 * @param writeKeys keys of which senders of the tracking API must present one; empty: anybody may
 *     send
 * @param corsOrigins origins whose pages may send; {@code *}: any; without, pages of this server
 * @param h2c whether the packaged server speaks HTTP/2 without TLS
 * @param deadLetter the endpoint that is told of each dead letter; null: none is
 * @param outbox where events are kept
 * @param management who may use the management path; without secrets, it is served on loopback
 *     only, to anybody
 * @param destinations where events go, by name; the default one, if it is one, first
 * @param history what is kept of attempts
 * @param alert who is told of what goes wrong; null: nobody is
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
    HistorySettings history,
    @Nullable AlertSettings alert) {

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1", "[::1]");
  private static final Pattern WRAP =
      Pattern.compile("(track|page|screen):\\s*\\S.*|page|screen|identify");
  private static final String CLOCK = "dromedary-clock";

  /**
   * The settings of a context, read at the first call and the same afterwards. Thread-safe.
   *
   * @throws InvalidSettingsException naming every bad key
   */
  public static synchronized Settings of(CamelContext context) {
    Settings settings = context.getCamelContextExtension().getContextPlugin(Settings.class);
    if (settings == null) {
      settings = read(context, System.getenv());
      context.getCamelContextExtension().addContextPlugin(Settings.class, settings);
    }
    return settings;
  }

  /** Whether nobody beyond this machine can reach a server on that address. */
  public static boolean isLoopback(String host) {
    return LOOPBACK.contains(host);
  }

  /**
   * The clock that all instants are read from: the bean {@value #CLOCK}, or else the system's. A
   * clock that a host has for purposes of its own may stand still, and is left alone.
   */
  public static Clock clock(CamelContext context) {
    Clock clock = context.getRegistry().lookupByNameAndType(CLOCK, Clock.class);
    return clock == null ? Clock.systemUTC() : clock;
  }

  /**
   * Reads the settings of a context as they would be with another environment.
   *
   * @throws InvalidSettingsException naming every bad key
   */
  public static Settings read(CamelContext context, Map<String, String> environment) {
    CamelVersions.check(context.getVersion());
    PropertyReader keys = new PropertyReader(context, environment);
    HttpServerInfo server = HttpServerInfo.of(context, keys);
    ServerPaths paths = ServerPaths.read(keys, server.requestRoot());
    List<Inbound> inbounds = new InboundReader(context, keys, server, paths).read();
    String wrap = wrap(keys);
    Map<String, DestinationSettings> destinations = DestinationsReader.read(context, keys, server);
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
   * Whether one of them takes events of all sources, whatever key they come with: one that is added
   * with a key of its own must not lock them out.
   */
  private static boolean takesAll(Collection<DestinationSettings> destinations) {
    return destinations.stream().anyMatch(each -> each.writeKeys().isEmpty());
  }

  /** The write keys by which sources are known, whether or not a sender has to present one. */
  public Set<String> sources() {
    return Stream.concat(
            writeKeys.stream(),
            destinations.values().stream().flatMap(each -> each.writeKeys().stream()))
        .collect(Collectors.toUnmodifiableSet());
  }
}
