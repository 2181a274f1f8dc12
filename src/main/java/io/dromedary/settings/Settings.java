package io.dromedary.settings;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.component.file.FileEndpoint;
import org.apache.camel.support.CamelContextHelper;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is configured, read and checked once for a Camel context. Immutable.
 *
 * @param inbound where events come from
 * @param writeKeys keys that senders of the tracking API must present; empty: anybody may send
 * @param corsOrigins origins whose pages may send; {@code *}: any
 * @param deadLetter the endpoint that is told of each dead letter; null: none is
 * @param outbox where events are kept
 * @param managementSecrets tokens of which the management API takes one; empty: it is served on
 *     loopback only, to anybody
 * @param destination where events go
 */
public record Settings(
    String inbound,
    List<String> writeKeys,
    List<String> corsOrigins,
    @Nullable String deadLetter,
    OutboxSettings outbox,
    List<String> managementSecrets,
    DestinationSettings destination) {

  /** The tracking API, on the address {@code camel.server.host} and {@code camel.server.port}. */
  public static final String TRACKING_API =
      "platform-http:/v1?matchOnUriPrefix=true&populateBodyWithForm=false";

  /** What the routes tell of dead letters where nobody wants to hear of them. */
  private static final String NOWHERE = "log:io.dromedary.dead-letters?level=OFF";

  private static final int MOST_WEBHOOKS = 5;
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "::1", "[::1]");
  private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  /** Headers whose values are Dromedary's or the HTTP client's to decide. */
  private static final Set<String> RESERVED_HEADERS =
      Set.of(
          "connection",
          "content-encoding",
          "content-length",
          "content-type",
          "expect",
          "host",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "user-agent",
          "webhook-id",
          "webhook-signature",
          "webhook-timestamp",
          "x-signature");

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

  /** The clock that all instants are read from: the one in the registry, or else the system's. */
  public static Clock clock(CamelContext context) {
    Clock clock = CamelContextHelper.findSingleByType(context, Clock.class);
    return clock == null ? Clock.systemUTC() : clock;
  }

  static Settings read(CamelContext context, Map<String, String> environment) {
    Keys keys = new Keys(context, environment);
    String inbound = keys.text("inbound", TRACKING_API);
    checkInbound(context, keys, inbound);
    List<String> writeKeys = keys.list("write-key.secret");
    Server server = Server.of(context, keys);
    boolean loopback = server.isLocal();
    if (writeKeys.isEmpty() && !loopback && inbound.startsWith("platform-http:")) {
      keys.problem(
          "write-key.secret",
          null,
          "at least one write key, since the server listens beyond loopback ("
              + server.hostKey()
              + " is "
              + (server.host() == null ? "not set" : "\"" + server.host() + "\"")
              + ")");
    }
    List<String> origins = keys.list("cors.origins");
    DestinationSettings destination = destination(context, keys, server);
    String deadLetter = keys.raw("webhooks.dead-letter");
    if (deadLetter == null && !destination.hasOutbox()) {
      // There is no store to keep them in.
      deadLetter =
          "file:data?fileName=dead-letters-${date:now:yyyy-MM-dd}.jsonl"
              + "&fileExist=Append&appendChars=%0A";
    }
    OutboxSettings outbox = outbox(keys, destination);
    List<String> managementSecrets = keys.list("management.secret");
    keys.check();
    boolean isManaged = destination.hasOutbox() && (loopback || !managementSecrets.isEmpty());
    // The routes take these from here: each default is written once.
    Map<String, String> forRoutes =
        Map.of(
            "webhooks.management.served", Boolean.toString(isManaged),
            "webhooks.request-bin.served", Boolean.toString(loopback),
            "webhooks.inbound", InboundOptions.complete(inbound),
            "webhooks.dead-letter", deadLetter == null ? NOWHERE : deadLetter,
            "webhooks.queue", destination.queue(),
            "webhooks.in-flight", Integer.toString(destination.inFlight()),
            "webhooks.retry.window", show(destination.retryWindow()),
            "webhooks.urls.count", Integer.toString(destination.urls().size()),
            "webhooks.batch.size", Integer.toString(destination.batchSize()),
            "webhooks.batch.interval", Long.toString(destination.batchInterval().toMillis()));
    forRoutes.forEach(context.getPropertiesComponent()::addOverrideProperty);
    return new Settings(
        inbound,
        writeKeys,
        origins.isEmpty() ? List.of("*") : origins,
        deadLetter,
        outbox,
        managementSecrets,
        destination);
  }

  /**
   * By what the management API of a process that was started with these settings is called.
   *
   * @param secret the token to present, or null where none is wanted
   */
  public record Management(String url, @Nullable String secret) {}

  /**
   * How to call the management API, for a command that is not the process itself.
   *
   * @throws InvalidSettingsException naming every bad key of those that are about it
   */
  public static Management management(CamelContext context, Map<String, String> environment) {
    Keys keys = new Keys(context, environment);
    String host = keys.raw("camel.server.host");
    String port = keys.raw("camel.server.port");
    List<String> secrets = keys.list("management.secret");
    keys.checkAsked();
    if (host == null || ANY_ADDRESS.contains(host)) {
      host = "127.0.0.1";
    } else if (host.contains(":") && !host.startsWith("[")) {
      host = "[" + host + "]";
    }
    return new Management(
        "http://" + host + ":" + (port == null ? "8080" : port),
        secrets.isEmpty() ? null : secrets.get(0));
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
    Keys keys = new Keys(context, System.getenv());
    OutboxSettings outbox = outbox(keys, null);
    keys.checkAsked();
    return outbox;
  }

  private static OutboxSettings outbox(Keys keys, @Nullable DestinationSettings destination) {
    String url = keys.text("outbox.url", "jdbc:sqlite:data/outbox.db");
    if (!url.startsWith("jdbc:sqlite:") && !url.startsWith("jdbc:postgresql:")) {
      keys.problem("outbox.url", url.split("[/?]", 2)[0], "jdbc:sqlite:FILE or jdbc:postgresql:…");
    }
    Duration timeout = destination == null ? Duration.ZERO : destination.timeout();
    Duration window = destination == null ? Duration.ofHours(4) : destination.retryWindow();
    Duration maxDelay = destination == null ? Duration.ZERO : destination.maxDelay();
    // An event whose claim ends before its batch is sent would never be sent.
    Duration gathering =
        destination == null || destination.batchSize() == 1
            ? Duration.ZERO
            : destination.batchInterval();
    Duration leastLease = timeout.plus(gathering).plusSeconds(1);
    Duration lease =
        keys.duration("outbox.lease", Duration.ofMinutes(2), MILLISECOND, Duration.ofDays(1));
    if (keys.raw("webhooks.outbox.lease") == null) {
      // Who sets other durations need not know of this one.
      lease = lease.compareTo(leastLease) < 0 ? leastLease : lease;
    } else if (lease.compareTo(leastLease) < 0) {
      keys.problem(
          "outbox.lease",
          show(lease),
          "at least "
              + show(leastLease)
              + ", a second more than webhooks.timeout"
              + (gathering.isZero() ? "" : " and webhooks.batch.interval"));
    }
    // A key takes 32 bytes in memory: an eighth of the heap.
    int most = (int) Math.min(50_000_000, Runtime.getRuntime().maxMemory() / 8 / 32);
    return new OutboxSettings(
        url,
        keys.raw("webhooks.outbox.user"),
        keys.raw("webhooks.outbox.password"),
        lease,
        keys.duration("dedup.window", Duration.ofHours(24), Duration.ZERO, Duration.ofDays(30)),
        most,
        keys.duration(
            "dead-letter.retention", Duration.ofDays(30), MILLISECOND, Duration.ofDays(3650)),
        window.compareTo(maxDelay) > 0 ? window : maxDelay);
  }

  private static void checkInbound(CamelContext context, Keys keys, String inbound) {
    String scheme = scheme(inbound);
    // Options may hold a password: only what comes before them is shown.
    String shown = origin(inbound);
    if (context.getComponent(scheme) == null) {
      keys.problem("inbound", shown, "a Camel endpoint URI whose component is on the class path");
    } else if (scheme.equals("file") && !inbound.contains("autoCreate=true")) {
      Path folder = folder(context, inbound);
      if (folder == null || !Files.isDirectory(folder)) {
        // Camel would create the folder: a misspelt one would be watched for ever, and empty.
        keys.problem("inbound", shown, "a folder that exists (or the option autoCreate=true)");
      }
    }
  }

  private static @Nullable Path folder(CamelContext context, String inbound) {
    // Without its options, which may name beans that do not exist yet.
    return context.getEndpoint(origin(inbound)) instanceof FileEndpoint endpoint
        ? Path.of(endpoint.getFile().getPath())
        : null;
  }

  private static DestinationSettings destination(CamelContext context, Keys keys, Server server) {
    String name = "default";
    List<String> urls = urls(context, keys, server);
    List<SigningScheme> schemes = schemes(keys);
    return new DestinationSettings(
        name,
        urls,
        headers(keys),
        keys.text("user-agent", "Segment.io/1.0"),
        secrets(keys, schemes),
        schemes,
        acks(keys, urls.size()),
        keys.duration(
            "timeout", Duration.ofSeconds(5), Duration.ofMillis(10), Duration.ofMinutes(10)),
        keys.duration("retry.window", Duration.ofHours(4), MILLISECOND, Duration.ofDays(30)),
        keys.duration(
            "retry.initial-delay", Duration.ofSeconds(1), MILLISECOND, Duration.ofDays(1)),
        keys.decimal("retry.multiplier", 2, 1, 100),
        keys.duration("retry.max-delay", Duration.ofMinutes(10), MILLISECOND, Duration.ofDays(1)),
        keys.decimal("retry.jitter", 0.2, 0, 1),
        keys.duration("retry.in-memory", Duration.ofSeconds(30), Duration.ZERO, Duration.ofDays(1)),
        keys.integer("in-flight", Runtime.version().feature() >= 21 ? 2000 : 256, 1, 100_000),
        keys.integer("batch.size", 1, 1, 1000),
        keys.duration(
            "batch.interval", Duration.ofSeconds(1), Duration.ofMillis(10), Duration.ofHours(1)),
        queue(keys, name));
  }

  private static String queue(Keys keys, String name) {
    String queue = keys.text("queue", "outbox:" + name);
    String scheme = scheme(queue);
    if (!scheme.equals("outbox") && !scheme.equals("seda")) {
      keys.problem("queue", origin(queue), "an outbox: or a seda: endpoint");
    } else if (scheme.equals("seda") && !queue.contains("?")) {
      // Without options, a full queue would fail its senders at once.
      return queue + "?size=10000&blockWhenFull=true&offerTimeout=200&pollTimeout=100";
    }
    return queue;
  }

  private static List<String> urls(CamelContext context, Keys keys, Server server) {
    List<String> urls = keys.list("urls");
    if (urls.isEmpty()) {
      String bin = server.url("/bin");
      if (!server.isLocal() || bin == null) {
        keys.problem(
            "urls",
            null,
            "one to five webhook URLs, since the built-in request bin is served on loopback only");
        return List.of();
      }
      return List.of(bin);
    }
    if (urls.size() > MOST_WEBHOOKS) {
      keys.problem("urls", urls.size() + " webhooks", "one to five webhook URLs");
    }
    Set<String> seen = new HashSet<>();
    for (String url : urls) {
      if (!seen.add(url)) {
        keys.problem("urls", origin(url) + " twice", "each webhook once");
      }
      checkUrl(context, keys, url);
    }
    return urls;
  }

  private static void checkUrl(CamelContext context, Keys keys, String url) {
    String scheme = scheme(url);
    if (!scheme.equals("http") && !scheme.equals("https")) {
      if (context.getComponent(scheme) == null) {
        keys.problem("urls", origin(url), "an http or https URL, or another Camel endpoint URI");
      }
      return;
    }
    try {
      URI uri = new URI(url);
      if (uri.getHost() == null || uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
        keys.problem(
            "urls",
            origin(url),
            "a URL with a host and without user name and fragment (put credentials in"
                + " webhooks.headers.Authorization)");
      }
    } catch (URISyntaxException e) {
      // The exception's own text would show the whole URL, which may hold a secret.
      keys.problem("urls", origin(url), "a URL without blanks and unescaped characters");
    }
  }

  private static Map<String, String> headers(Keys keys) {
    Map<String, String> headers = keys.named("headers.");
    headers.forEach(
        (name, value) -> {
          if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")) {
            keys.problem("headers." + name, value, "a name of letters, digits and hyphens");
          } else if (RESERVED_HEADERS.contains(name.toLowerCase(Locale.ROOT))) {
            keys.problem("headers." + name, value, "a header that Dromedary does not set itself");
          } else if (!value.matches("[\\x20-\\x7e]{1,8000}")) {
            keys.problem("headers." + name, value, "1 to 8,000 printable ASCII characters");
          }
        });
    if (headers.size() > 50) {
      keys.problem("headers.*", headers.size() + " headers", "at most 50");
    }
    return Map.copyOf(headers);
  }

  private static List<SigningScheme> schemes(Keys keys) {
    List<SigningScheme> schemes = new ArrayList<>();
    Map<String, SigningScheme> byKey =
        Stream.of(SigningScheme.values())
            .collect(Collectors.toMap(SigningScheme::key, Function.identity()));
    for (String key : keys.list("signing.scheme")) {
      SigningScheme scheme = byKey.get(key);
      if (scheme == null || schemes.contains(scheme)) {
        keys.problem("signing.scheme", key, "x-signature, standard-webhooks, or both once each");
      } else {
        schemes.add(scheme);
      }
    }
    return schemes.isEmpty() ? List.of(SigningScheme.X_SIGNATURE) : List.copyOf(schemes);
  }

  private static List<String> secrets(Keys keys, List<SigningScheme> schemes) {
    List<String> secrets = keys.list("signing.secret");
    if (secrets.size() > 10) {
      keys.problem("signing.secret", "eleven or more", "at most ten secrets");
    }
    if (schemes.contains(SigningScheme.STANDARD_WEBHOOKS)) {
      if (secrets.isEmpty()) {
        keys.problem("signing.secret", null, "a secret, since standard-webhooks is a scheme");
      }
      for (String secret : secrets) {
        if (!isStandardWebhooksSecret(secret)) {
          keys.problem(
              "signing.secret",
              secret,
              "whsec_ and the base64 form of 16 to 128 bytes, for the scheme standard-webhooks");
        }
      }
    }
    return secrets;
  }

  private static boolean isStandardWebhooksSecret(String secret) {
    if (!secret.startsWith("whsec_")) {
      return false;
    }
    try {
      int length = Base64.getDecoder().decode(secret.substring("whsec_".length())).length;
      return length >= 16 && length <= 128;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static int acks(Keys keys, int webhooks) {
    String acks = keys.text("acks", "1");
    if (acks.equals("all")) {
      return Math.max(1, webhooks);
    }
    if (acks.matches("[1-5]") && (webhooks == 0 || Integer.parseInt(acks) <= webhooks)) {
      return Integer.parseInt(acks);
    }
    keys.problem(
        "acks",
        acks,
        "1 to "
            + Math.min(MOST_WEBHOOKS, Math.max(1, webhooks))
            + " (as many as there are webhooks) or all");
    return 1;
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
    if (slashes > 0 && slashes == colon) {
      String authority = shown.substring(slashes + 3).split("/", 2)[0];
      return shown.substring(0, slashes + 3) + authority.substring(authority.lastIndexOf('@') + 1);
    }
    if (colon < 0) {
      return shown.split("/", 2)[0];
    }
    boolean isUrl = shown.startsWith("http:") || shown.startsWith("https:");
    return isUrl || shown.contains("@") ? shown.substring(0, colon + 1) + "…" : shown;
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
