package io.dromedary.settings;

import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
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

  private static final String JAVA_TIME_MODULE =
      "com.fasterxml.jackson.datatype.jsr310.JavaTimeModule";

  /** What the routes tell of dead letters where nobody wants to hear of them. */
  private static final String NOWHERE = "log:io.dromedary.dead-letters?level=OFF";

  /** Each has threads, connections and a share of the memory of its own. */
  private static final int MOST_DESTINATIONS = 50;

  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1", "[::1]");
  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");
  private static final Pattern WRAP =
      Pattern.compile("(track|page|screen):\\s*\\S.*|page|screen|identify");
  private static final String CLOCK = "dromedary-clock";
  private static final Duration MILLISECOND = Duration.ofMillis(1);

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
    boolean loopback = server.isLocal();
    Map<String, DestinationSettings> destinations = destinations(context, keys, server);
    Set<String> writeKeys = new LinkedHashSet<>(Secrets.read(keys, "write-key.secret"));
    boolean isForAll = writeKeys.isEmpty() && takesAll(destinations.values());
    if (!isForAll || !InboundReader.areLocal(inbounds, server)) {
      destinations.values().forEach(each -> writeKeys.addAll(each.writeKeys()));
    }
    List<String> origins = keys.list("cors.origins");
    boolean h2c = h2c(keys);
    String deadLetter = keys.raw("webhooks.dead-letter");
    OutboxSettings outbox = outbox(keys, destinations.values());
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
    settings.tellRoutes(context, loopback);
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

  /**
   * The routes take their settings from properties: each default is written once. They have names
   * of their own, since Camel would take what the environment or the command line says of a key as
   * it stands: a source would be acknowledged before its message is stored. Camel Main logs those
   * that it has resolved, but for the values of keys whose last part is a word such as {@code
   * connection-string}: URIs may hold passwords.
   */
  private void tellRoutes(CamelContext context, boolean loopback) {
    Map<String, String> properties = new HashMap<>();
    properties.put("dromedary.management.served", Boolean.toString(management.isServed(loopback)));
    properties.put("dromedary.management.path", paths.management());
    // A host may do without, if its objects hold none of java.time.
    boolean hasTimes = context.getClassResolver().resolveClass(JAVA_TIME_MODULE) != null;
    properties.put("dromedary.json.modules", hasTimes ? JAVA_TIME_MODULE : "");
    String sdkRoot = paths.sdkRoot();
    boolean isForSdks = inbounds.stream().anyMatch(paths::isForSdks);
    properties.put("dromedary.sdk-paths.served", Boolean.toString(isForSdks));
    properties.put("dromedary.sdk-paths.root", sdkRoot == null ? "" : sdkRoot);
    properties.put("dromedary.request-bin.served", Boolean.toString(loopback));
    properties.put("dromedary.alerts.told", Boolean.toString(alert != null));
    properties.put(
        "dromedary.dead-letter.connection-string",
        deadLetter == null ? NOWHERE : DeadLetterOptions.complete(PostedTo.uri(deadLetter)));
    // What is received goes to the destinations that were chosen for it.
    String chosen = "outbox:" + DestinationSettings.DEFAULT + "?toChosen=true&eventsOnly=true";
    properties.put("dromedary.sdk-paths.outbox", chosen);
    for (Inbound each : inbounds) {
      String prefix = "dromedary.inbound." + each.name() + ".";
      properties.put(prefix + "connection-string", InboundOptions.complete(each));
      properties.put(
          prefix + "outbox",
          InboundOptions.threadWaits(each.uri()) ? chosen + "&synchronous=true" : chosen);
    }
    for (DestinationSettings each : destinations.values()) {
      String prefix = "dromedary.destination." + each.name() + ".";
      properties.put(prefix + "in-flight", Integer.toString(each.inFlight()));
      properties.put(prefix + "retry.window", show(each.retryWindow()));
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

  /**
   * Where the outbox is, for routes that use it without the rest of Dromedary.
   *
   * @throws InvalidSettingsException naming every bad key of those that are about the outbox
   */
  public static OutboxSettings outbox(CamelContext context) {
    Settings settings = context.getCamelContextExtension().getContextPlugin(Settings.class);
    if (settings != null) {
      return settings.outbox();
    }
    PropertyReader keys = new PropertyReader(context, System.getenv());
    OutboxSettings outbox = outbox(keys, List.of());
    keys.checkAsked();
    return outbox;
  }

  private static OutboxSettings outbox(
      PropertyReader keys, Collection<DestinationSettings> destinations) {
    String url = keys.text("outbox.url", "jdbc:sqlite:data/outbox.db");
    if (!url.startsWith("jdbc:sqlite:") && !url.startsWith("jdbc:postgresql:")) {
      keys.problem("outbox.url", url.split("[/?]", 2)[0], "jdbc:sqlite:FILE or jdbc:postgresql:…");
    }
    Duration leastLease = Duration.ofSeconds(1);
    String because = "";
    Duration longestWait = destinations.isEmpty() ? Duration.ofHours(4) : Duration.ZERO;
    for (DestinationSettings each : destinations) {
      // An event whose claim ends before its batch is sent would never be sent.
      boolean gathers = each.batchSize() > 1;
      Duration least =
          each.timeout().plus(gathers ? each.batchInterval() : Duration.ZERO).plusSeconds(1);
      if (least.compareTo(leastLease) > 0) {
        PropertyReader own = keysOf(keys, each.name());
        leastLease = least;
        because = own.full("timeout") + (gathers ? " and " + own.full("batch.interval") : "");
      }
      longestWait = longest(longestWait, longest(each.retryWindow(), each.maxDelay()));
    }
    Duration lease =
        keys.duration("outbox.lease", Duration.ofMinutes(2), MILLISECOND, Duration.ofDays(1));
    if (keys.raw("webhooks.outbox.lease") == null) {
      // Who sets other durations need not know of this one.
      lease = longest(lease, leastLease);
    } else if (lease.compareTo(leastLease) < 0) {
      keys.problem(
          "outbox.lease",
          show(lease),
          "at least "
              + show(leastLease)
              + (because.isEmpty() ? "" : ", a second more than " + because));
    }
    // A key takes 32 bytes in memory: an eighth of the heap.
    int most = (int) Math.min(50_000_000, HeapShare.MESSAGE_IDS.bytes() / 32);
    return new OutboxSettings(
        url,
        keys.raw("webhooks.outbox.user"),
        keys.raw("webhooks.outbox.password"),
        lease,
        keys.duration("dedup.window", Duration.ofHours(24), Duration.ZERO, Duration.ofDays(30)),
        most,
        keys.duration(
            "dead-letter.retention", Duration.ofDays(30), MILLISECOND, Duration.ofDays(3650)),
        longestWait);
  }

  private static Duration longest(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? other : one;
  }

  private static Map<String, DestinationSettings> destinations(
      CamelContext context, PropertyReader keys, HttpServerInfo server) {
    Map<String, DestinationSettings> destinations = new LinkedHashMap<>();
    Set<String> further = keys.destinations();
    boolean hasDefault = further.isEmpty() || keys.value("urls") != null;
    List<String> bin = further.isEmpty() ? requestBin(keys, server) : List.of();
    PrivateNetworks networks = PrivateNetworks.read(keys);
    // Read also where it is none: its keys are keys all the same.
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

  private static PropertyReader keysOf(PropertyReader keys, String destination) {
    return destination.equals(DestinationSettings.DEFAULT) ? keys : keys.ofDestination(destination);
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

  /**
   * What may be shown of an endpoint's URI: its scheme and host, or its scheme and path. Paths and
   * queries of URLs, and whatever stands before an {@code @}, often hold a secret.
   */
  public static String origin(String uri) {
    String shown = uri.split("[?#]", 2)[0];
    int colon = shown.indexOf(':');
    int slashes = shown.indexOf("://");
    if (shown.startsWith("file:")) {
      return shown;
    }
    if (slashes >= 0 && slashes == colon) {
      String authority = shown.substring(slashes + 3).split("/", 2)[0];
      return shown.substring(0, slashes + 3) + authority.substring(authority.lastIndexOf('@') + 1);
    }
    if (colon < 0) {
      return shown.split("/", 2)[0];
    }
    boolean isUrl = List.of("http", "https").contains(scheme(shown));
    return isUrl || shown.contains("@") ? shown.substring(0, colon + 1) + "…" : shown;
  }

  /** Whether it begins as a URL does. */
  static boolean hasHost(String text) {
    int slashes = text.indexOf("://");
    String scheme = text.substring(0, Math.max(0, slashes)).toLowerCase(Locale.ROOT);
    return SCHEME.matcher(scheme).matches();
  }

  /**
   * What may be shown of a text that is not the URI of any endpoint, as of a URL whose scheme is
   * missing or misspelt: what comes before its path.
   */
  static String beginning(String text) {
    if (hasHost(text)) {
      return origin(text);
    }
    String beginning = text.split("[/?#]", 2)[0];
    return beginning.substring(beginning.lastIndexOf('@') + 1);
  }

  /** A duration as it is written in the configuration. */
  public static String show(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 1000 != 0 || millis == 0) {
      return millis + "ms";
    }
    long seconds = millis / 1000;
    if (seconds % 3600 == 0) {
      return seconds / 3600 + "h";
    }
    return seconds % 60 == 0 ? seconds / 60 + "m" : seconds + "s";
  }

  static String scheme(String uri) {
    int colon = uri.indexOf(':');
    return colon < 0 ? uri : uri.substring(0, colon).toLowerCase(Locale.ROOT);
  }
}
