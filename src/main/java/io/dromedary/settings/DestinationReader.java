package io.dromedary.settings;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Reads and checks the settings of one destination. Not thread-safe. */
final class DestinationReader {

  private static final int MOST_WEBHOOKS = 5;
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  /** Headers that Dromedary or the HTTP client sets. */
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

  private final CamelContext context;
  private final PropertyReader keys;
  private final PrivateNetworks networks;

  /**
   * Makes a reader of the given keys.
   *
   * @param networks the networks beyond the public internet that webhooks may be in
   */
  DestinationReader(CamelContext context, PropertyReader keys, PrivateNetworks networks) {
    this.context = context;
    this.keys = keys;
    this.networks = networks;
  }

  /**
   * Reads the settings of a destination. Problems are added to the keys.
   *
   * @param fallback the webhooks if none is set
   */
  DestinationSettings read(String name, List<String> fallback) {
    List<String> own = urls();
    List<String> urls = own.isEmpty() ? fallback : own;
    List<SigningScheme> schemes = schemes();
    return new DestinationSettings(
        name,
        events(),
        Secrets.read(keys, "write-key.secret"),
        urls,
        // The fallback is the request bin of this process, on a loopback address.
        HttpOptions.read(context, keys, urls, own.isEmpty() ? networks.andLoopback() : networks),
        headers(),
        keys.text("user-agent", "Segment.io/1.0"),
        secrets(schemes),
        schemes,
        acks(urls.size()),
        keys.duration(
            "timeout", Duration.ofSeconds(5), Duration.ofMillis(10), Duration.ofMinutes(10)),
        keys.duration("retry.window", Duration.ofHours(4), MILLISECOND, Duration.ofDays(30)),
        keys.duration(
            "retry.initial-delay", Duration.ofSeconds(1), MILLISECOND, Duration.ofDays(1)),
        keys.decimal("retry.multiplier", 2, 1, 100),
        keys.duration("retry.max-delay", Duration.ofMinutes(10), MILLISECOND, Duration.ofDays(1)),
        keys.decimal("retry.jitter", 0.2, 0, 1),
        keys.duration("retry.in-memory", Duration.ofSeconds(30), Duration.ZERO, Duration.ofDays(1)),
        keys.integer("in-flight", Runtime.version().feature() >= 21 ? 2000 : 1000, 1, 100_000),
        rate(),
        keys.value("concurrency") == null ? null : keys.integer("concurrency", 1, 1, 100_000),
        down(),
        keys.integer("batch.size", 1, 1, 1000),
        keys.duration(
            "batch.interval", Duration.ofSeconds(1), Duration.ofMillis(10), Duration.ofHours(1)),
        transform());
  }

  private @Nullable Rate rate() {
    String text = keys.value("rate");
    Rate rate = text == null ? null : Rate.parse(text);
    if (text != null && rate == null) {
      keys.problem(
          "rate", text, "1 to 999999 requests a second, minute or hour, such as 100/s, 600/m, 9/h");
    }
    return rate;
  }

  private DownSettings down() {
    String detection = keys.text("down.detection", "on");
    // YAML 1.1 parses on and off as booleans.
    boolean isOn = detection.equals("on") || detection.equals("true");
    if (!isOn && !detection.equals("off") && !detection.equals("false")) {
      keys.problem("down.detection", detection, "on or off");
    }
    return new DownSettings(
        isOn,
        keys.integer("down.attempts", 20, 1, 10_000),
        keys.duration("down.after", Duration.ofSeconds(10), Duration.ZERO, Duration.ofHours(1)),
        keys.integer("down.events", 3, 1, 1000),
        keys.duration(
            "down.probe-interval",
            Duration.ofSeconds(5),
            Duration.ofMillis(10),
            Duration.ofSeconds(10)));
  }

  private Set<String> events() {
    List<String> types = DestinationSettings.EVENT_TYPES;
    Set<String> events = new LinkedHashSet<>();
    for (String name : keys.list("events")) {
      if (!types.contains(name) || !events.add(name)) {
        keys.problem("events", name, "some of " + String.join(", ", types) + ", each once");
      }
    }
    return Set.copyOf(events.isEmpty() ? types : events);
  }

  private @Nullable String transform() {
    String transform = keys.value("transform");
    if (transform != null && !Components.has(context, transform)) {
      keys.problem(
          "transform", EndpointUri.beginning(transform), Components.expected(context, transform));
    }
    return transform;
  }

  private List<String> urls() {
    List<String> written = keys.list("urls");
    if (written.size() > MOST_WEBHOOKS) {
      keys.problem("urls", written.size() + " webhooks", "one to five webhook URLs");
    }
    List<String> urls = new ArrayList<>();
    for (String each : written) {
      String shown = shown(context, each, !urls.isEmpty());
      String url = url(each, shown, urls.isEmpty());
      if (urls.contains(url)) {
        keys.problem("urls", shown + " twice", "each webhook once");
      }
      urls.add(url);
    }
    return List.copyOf(urls);
  }

  /**
   * The part of a webhook's URL, valid or not, that may be shown.
   *
   * @param isBehindComma whether it may be the rest of the previous URL, and a secret
   */
  static String shown(CamelContext context, String url, boolean isBehindComma) {
    if (isBehindComma && !EndpointUri.hasHost(url)) {
      return "something else behind a comma";
    }
    return Components.has(context, url) ? EndpointUri.origin(url) : EndpointUri.beginning(url);
  }

  /** The URL in the form that requests use. If it is not valid, the URL as written. */
  private String url(String written, String shown, boolean isFirst) {
    String scheme = EndpointUri.scheme(written);
    if (scheme.equals("http") || scheme.equals("https")) {
      try {
        return WebhookUrl.of(written, keys.full("headers.Authorization"));
      } catch (WebhookUrl.RefusedException e) {
        keys.problem("urls", shown, String.valueOf(e.getMessage()));
      }
    } else if (!Components.has(context, written)) {
      boolean isUrl = EndpointUri.hasHost(written);
      keys.problem(
          "urls",
          shown,
          "an http or https URL, or another Camel endpoint URI"
              + (isUrl || isFirst ? "" : " (a comma within one is written %2C or \\,)"));
    }
    return written;
  }

  /** The headers that are added to each request. */
  Map<String, String> headers() {
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

  private List<SigningScheme> schemes() {
    List<SigningScheme> schemes = new ArrayList<>();
    Map<String, SigningScheme> byKey =
        Stream.of(SigningScheme.values())
            .collect(Collectors.toMap(SigningScheme::key, Function.identity()));
    for (String key : keys.list("signing.scheme")) {
      SigningScheme scheme = byKey.get(key);
      if (scheme == null || schemes.contains(scheme)) {
        keys.problem("signing.scheme", key, "some of " + SigningScheme.all() + ", each once");
      } else {
        schemes.add(scheme);
      }
    }
    return schemes.isEmpty() ? List.of(SigningScheme.X_SIGNATURE) : List.copyOf(schemes);
  }

  private List<String> secrets(List<SigningScheme> schemes) {
    List<String> secrets = Secrets.read(keys, "signing.secret");
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

  static boolean isStandardWebhooksSecret(String secret) {
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

  private int acks(int webhooks) {
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
}
