package io.dromedary.faults;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.ProducerTemplate;

/**
 * The application whose calls fail, with three destinations: one webhook, two that must both
 * accept, and batches behind a transform. Its clock is set forward when nothing else is to be
 * waited for.
 */
final class Subject implements AutoCloseable {

  private static final Pattern DIGITS = Pattern.compile("[0-9]+");
  private static final Pattern IN_FLIGHT =
      Pattern.compile("dromedary_in_flight_events\\{[^}]*} ([0-9.]+)");

  /** Longer than an event whose exchange has failed waits. */
  private static final int MOST_WAIT_MILLIS = 90_000;

  private final Database database;
  private final FastClock clock = new FastClock();
  private final Application application;
  private final ProducerTemplate template;

  Subject(Path folder, Database database, boolean isHttp, Webhooks webhooks) {
    this.database = database;
    Map<String, String> settings = new HashMap<>();
    settings.put("camel.main.shutdownTimeout", "2");
    settings.put("webhooks.outbox.url", database.url());
    settings.put("webhooks.outbox.lease", "3100ms");
    if (isHttp) {
      settings.put("webhooks.write-key.secret", HttpLoad.KEY);
    } else {
      settings.put("webhooks.inbound", SourceLoad.INBOUND);
    }
    configure(settings, "webhooks.", webhooks.url("default"));
    configure(
        settings,
        "webhooks.destination.pair.",
        webhooks.url("pair-1") + "," + webhooks.url("pair-2"));
    settings.put("webhooks.destination.pair.acks", "all");
    configure(settings, "webhooks.destination.batch.", webhooks.url("batch"));
    settings.put("webhooks.destination.batch.batch.size", "3");
    settings.put("webhooks.destination.batch.batch.interval", "50ms");
    settings.put("webhooks.destination.batch.transform", "direct:mask");
    if (isHttp) {
      settings.put("webhooks.destination.pair.write-key.secret", HttpLoad.KEY);
      settings.put("webhooks.destination.batch.write-key.secret", HttpLoad.KEY);
    }
    application =
        Application.start(
            folder,
            settings,
            Map.of(
                "dromedary-clock",
                clock,
                "nodes",
                new FaultyNodes(),
                "masking",
                new Masking(webhooks)));
    template = application.context().createProducerTemplate();
  }

  private static void configure(Map<String, String> settings, String prefix, String urls) {
    settings.put(prefix + "urls", urls);
    settings.put(prefix + "signing.secret", Webhooks.SECRET);
    settings.put(prefix + "timeout", "2s");
    settings.put(prefix + "retry.initial-delay", "20ms");
    settings.put(prefix + "retry.max-delay", "200ms");
    // The first wait is in memory, the second is not.
    settings.put(prefix + "retry.in-memory", "25ms");
  }

  String url() {
    return application.url("");
  }

  ProducerTemplate template() {
    return template;
  }

  /** Waits until the outbox is empty. Returns how many events are left when it is time. */
  long drain(Duration atMost) throws SQLException {
    long endNanos = System.nanoTime() + atMost.toNanos();
    long left = database.number("SELECT count(*) FROM outbox");
    while (left > 0 && System.nanoTime() - endNanos < 0) {
      LockSupport.parkNanos(10_000_000);
      skipWait();
      left = database.number("SELECT count(*) FROM outbox");
    }
    return left;
  }

  /** The events that are left, and in how many milliseconds they are due. */
  Set<String> left() throws SQLException {
    String millis =
        database.isPostgres()
            ? "(due_at - extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            : "due_at - " + clock.millis();
    return database.texts(
        "SELECT destination || ' ' || message_id || ' in ' || (" + millis + ") FROM outbox");
  }

  /** If nothing is due for a while, makes the time pass, up to a bound: it may wait no longer. */
  private void skipWait() throws SQLException {
    if (database.isPostgres()) {
      // Its own clock decides.
      database.execute(
          "UPDATE outbox SET due_at = 0 WHERE claim_token IS NULL AND due_at - "
              + "extract(epoch FROM clock_timestamp()) * 1000 BETWEEN 500 AND "
              + MOST_WAIT_MILLIS);
      return;
    }
    // What is claimed has been due before.
    long waitMillis = database.number("SELECT min(due_at) FROM outbox") - clock.millis();
    if (waitMillis > 500 && waitMillis < MOST_WAIT_MILLIS) {
      clock.advance(waitMillis);
    }
  }

  /** What the health says, or empty if all is well. */
  String ailing() {
    Http.Response answer = Http.send("GET", url() + "/observe/health");
    return answer.status() == 200 ? "" : answer.toString();
  }

  /** How many events the consumers count as in flight. */
  double inFlight() {
    return IN_FLIGHT
        .matcher(Http.send("GET", url() + "/observe/metrics").body())
        .results()
        .mapToDouble(found -> Double.parseDouble(found.group(1)))
        .sum();
  }

  /** The names of all threads, without numbers. */
  static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .map(thread -> DIGITS.matcher(thread.getName()).replaceAll("#"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Override
  public void close() {
    application.close();
  }
}
