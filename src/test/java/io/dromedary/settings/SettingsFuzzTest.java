package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads any text for any keys, in a file or in the environment. The result is settings, or one
 * message that names the wrong keys and never shows a possible secret.
 */
class SettingsFuzzTest {

  private static final String SECRET = "s3cret-value";

  /** The placeholder for a secret in a value. */
  private static final String PLACE = "\1";

  private static final List<String> KEYS =
      List.of(
          "webhooks.inbound",
          "webhooks.urls",
          "webhooks.headers.X-Key",
          "webhooks.headers.Host",
          "webhooks.user-agent",
          "webhooks.http.authPassword",
          "webhooks.http.followRedirects",
          "webhooks.1.http.responseTimeout",
          "webhooks.tls.key-store",
          "webhooks.tls.key-store.password",
          "webhooks.2.tls.trust-store",
          "webhooks.2.tls.trust-store.password",
          "webhooks.signing.secret",
          "webhooks.signing.scheme",
          "webhooks.acks",
          "webhooks.timeout",
          "webhooks.retry.window",
          "webhooks.retry.initial-delay",
          "webhooks.retry.multiplier",
          "webhooks.retry.max-delay",
          "webhooks.retry.jitter",
          "webhooks.retry.in-memory",
          "webhooks.in-flight",
          "webhooks.rate",
          "webhooks.concurrency",
          "webhooks.down.detection",
          "webhooks.down.attempts",
          "webhooks.down.after",
          "webhooks.down.events",
          "webhooks.down.probe-interval",
          "webhooks.batch.size",
          "webhooks.batch.interval",
          "webhooks.events",
          "webhooks.transform",
          "webhooks.outbox.url",
          "webhooks.outbox.user",
          "webhooks.outbox.password",
          "webhooks.outbox.lease",
          "webhooks.dedup.window",
          "webhooks.dead-letter",
          "webhooks.dead-letter.retention",
          "webhooks.management.secret",
          "webhooks.write-key.secret",
          "webhooks.cors.origins",
          "webhooks.wrap",
          "webhooks.destination.crm.urls",
          "webhooks.destination.crm.signing.secret",
          "webhooks.destination.crm.write-key.secret",
          "webhooks.destination.Default.urls",
          "webhooks.timout",
          "camel.server.host",
          "camel.server.port");

  private static final Pattern HAS_SECRETS =
      Pattern.compile(".*\\.(secret|password|headers\\..*|authPassword)");

  private static final List<String> URIS = List.of(".urls", ".inbound", ".transform");

  private static final CamelContext CONTEXT = new DefaultCamelContext();

  static {
    CONTEXT.build();
  }

  @AfterAll
  static void stopTheContext() {
    CONTEXT.stop();
  }

  /** One line a key: a character for the key, one for its source, and the value. */
  static Stream<byte[]> seeds() {
    return Stream.of(
            line("camel.server.host", "127.0.0.1") + line("camel.server.port", "8080"),
            line("webhooks.urls", "https://a.example/\1?key=\1,hhtp://b.example/\1")
                + line("webhooks.acks", "all"),
            line("webhooks.urls", "https://\1:\1@a.example/\1,https:/a.example/\1,a.example/\1#\1"),
            line("webhooks.inbound", "nosuch:user:\1@host/path?password=\1"),
            line("webhooks.inbound", "file:no-such-folder?autoCreate=true"),
            line("webhooks.inbound", "kafka:topic?brokers=a:1&\1"),
            line("webhooks.headers.X-Key", "\1\u00e9") + line("webhooks.headers.Host", "\1"),
            line("webhooks.signing.scheme", "standard-webhooks, x-signature")
                + line("webhooks.signing.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw,\1"),
            line("webhooks.tls.key-store", "no-such-file")
                + line("webhooks.tls.key-store.password", "\1"),
            line("webhooks.outbox.url", "jdbc:postgresql://u:\1@db/events?password=\1"),
            line("webhooks.outbox.url", "mysql://user:\1@db")
                + line("webhooks.outbox.lease", "1ms"),
            line("webhooks.timeout", "5s") + line("webhooks.retry.window", "4h"),
            line("webhooks.retry.multiplier", "1.5") + line("webhooks.retry.jitter", "0.2"),
            line("webhooks.rate", "100/s") + line("webhooks.events", "track,page,\1"),
            line("webhooks.management.secret", "{{no.such.property}}\1,,{{env:PATH}}"),
            line("webhooks.destination.crm.urls", "http://127.0.0.1:1/\1,direct:crm")
                + line("webhooks.destination.crm.write-key.secret", "\1")
                + line("webhooks.destination.Default.urls", "seda:\1")
                + line("webhooks.timout", "\1"))
        .map(lines -> lines.getBytes(ISO_8859_1));
  }

  private static String line(String key, String value) {
    return (char) ('0' + KEYS.indexOf(key)) + "f" + value + "\n";
  }

  @MethodSource("seeds")
  @FuzzTest
  void areReadOrRefusedInOneMessage(byte[] input) {
    Properties file = new Properties();
    Map<String, String> environment = new HashMap<>();
    for (String line : new String(input, ISO_8859_1).split("\n", 20)) {
      if (line.length() > 2) {
        String key = KEYS.get(Math.floorMod(line.charAt(0) - '0', KEYS.size()));
        String value = withSecrets(key, line.substring(2));
        if (line.charAt(1) == 'e') {
          environment.put(key.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT), value);
        } else {
          file.setProperty(key, value);
        }
      }
    }
    CONTEXT.getPropertiesComponent().setInitialProperties(file);
    try {
      Settings settings = Settings.read(CONTEXT, environment);
      assertThat(settings.destinations()).isNotEmpty();
      settings.destinations().values().forEach(SettingsFuzzTest::check);
    } catch (InvalidSettingsException e) {
      assertThat(e.getMessage())
          .doesNotContain(SECRET)
          .matches(
              "(?s)Dromedary cannot start: \\d+ settings? (is|are) wrong\\.\n  ((-D)?webhooks\\.|WEBHOOKS_|camel\\.).*");
    }
  }

  private static void check(DestinationSettings settings) {
    assertThat(settings.urls()).hasSizeBetween(1, 5);
    assertThat(settings.http()).hasSameSizeAs(settings.urls());
    assertThat(settings.acks()).isBetween(1, settings.urls().size());
  }

  private static String withSecrets(String key, String value) {
    if (HAS_SECRETS.matcher(key).matches()) {
      return value.replace(PLACE, SECRET);
    }
    boolean isUri = URIS.stream().anyMatch(key::endsWith) && !value.contains("{{");
    StringBuilder all = new StringBuilder();
    for (int at = 0, next; at < value.length(); at = next + 1) {
      next = value.indexOf(PLACE, at);
      if (next < 0) {
        return all.append(value, at, value.length()).toString();
      }
      all.append(value, at, next);
      boolean isSecret = isUri && maybeSecret(all.toString(), value.substring(next + 1));
      all.append(isSecret ? SECRET : "open");
    }
    return all.toString();
  }

  /**
   * Returns whether a part of a value may be a secret: before a host or behind it, but not the name
   * of a queue or a folder.
   */
  private static boolean maybeSecret(String before, String after) {
    String uri = before.substring(before.lastIndexOf(',') + 1).strip();
    return uri.matches("(?s)[^?#]*[?#].*")
        || uri.matches("(?s)https?://[^/]*/.*")
        || (uri.matches("(?s)(?!file)[a-z]+:.*") && after.matches("(?s)[^/?#,]*@.*"));
  }
}
