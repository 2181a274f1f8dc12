package io.dromedary.history;

import io.dromedary.metrics.Meters;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import io.dromedary.outbox.OutboxPlace;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.HistorySettings;
import io.dromedary.settings.Settings;
import java.sql.PreparedStatement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the history of attempts: counts of all attempts, and records of the interesting ones and of
 * some of the others. It is meant for inspection. It is bounded in age and size, it may be deleted
 * at any time, and a crash loses its last five seconds. Exact data is in the outbox.
 *
 * <p>Recording never blocks and never throws; records that find no room are dropped and counted.
 * Reading blocks, and is for operators' requests. Thread-safe.
 */
public final class History {

  /** The most records of one class at one webhook that are kept per second. */
  private static final int MOST_DETAILS = 200;

  /** The most records of one event that are read. */
  private static final int MOST_OF_EVENT = 1000;

  private static final String PLAIN = "plain";

  private final int successes;
  private final Clock clock;
  private final Map<String, Tally> tallies = new ConcurrentHashMap<>();
  private final HistoryBuffer buffer;
  private final HistoryWriter writer;
  private final HistoryReader reader;

  private History(HistorySettings settings, OutboxPlace outbox, Clock clock) {
    this.successes = settings.successes();
    this.clock = clock;
    // The name is new at each start, so that each row is written by a single process.
    String node = node();
    HistoryPlace place =
        outbox.isShared() ? new HistoryTables(outbox) : HistoryFile.beside(outbox.file());
    long bytes = HeapShare.HISTORY.bytes();
    RecentPoints points = new RecentPoints(bytes / 2);
    this.buffer = new HistoryBuffer(bytes / 2);
    this.writer =
        new HistoryWriter(place, buffer, tallies.values(), new Rollups(points), node, clock);
    this.reader = new HistoryReader(place, writer, points, node);
  }

  private static String node() {
    String host = System.getenv("HOSTNAME");
    String start = Integer.toHexString(ThreadLocalRandom.current().nextInt());
    return host == null || host.isBlank() ? start : host + "-" + start;
  }

  /** The history of a context, or null if it is off (webhooks.history = off). */
  public static synchronized @Nullable History of(CamelContext context) {
    HistorySettings settings = Settings.of(context).history();
    if (!settings.isOn()) {
      return null;
    }
    History history = context.getCamelContextExtension().getContextPlugin(History.class);
    if (history == null) {
      history = new History(settings, OutboxPlace.of(context), Settings.clock(context));
      context.getCamelContextExtension().addContextPlugin(History.class, history);
      history.register(Meters.of(context));
      context.getManagementStrategy().addEventNotifier(history.new Life());
      if (context.isStarted()) {
        history.writer.start();
      }
    }
    return history;
  }

  private void register(Meters meters) {
    meters.add(
        new Meter(
            Kind.COUNTER,
            "dromedary.history.dropped.attempts",
            "Records of attempts that were dropped for want of room, or could not be written",
            Map.of(),
            buffer.dropped()::sum));
    meters.add(
        new Meter(
            Kind.GAUGE,
            "dromedary.history.size.bytes",
            "The size of the history of attempts; NaN while it does not work",
            Map.of(),
            writer::sizeBytes));
  }

  /** Starts the writer when the context has started, and stops it when the context has stopped. */
  private final class Life extends SimpleEventNotifierSupport {

    @Override
    public boolean isEnabled(CamelEvent event) {
      return event instanceof CamelEvent.CamelContextStartedEvent
          || event instanceof CamelEvent.CamelContextStoppedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof CamelEvent.CamelContextStartedEvent) {
        writer.start();
      } else {
        writer.stop();
      }
    }
  }

  /** The counters of a webhook; webhook 0 counts the deliveries of the destination. */
  private Tally tally(String destination, int webhook) {
    return tallies.computeIfAbsent(
        webhook + " " + destination, key -> new Tally(destination, webhook));
  }

  /** Returns a recorder for the attempts at a webhook, which saves a lookup for each attempt. */
  public AttemptRecorder recorder(String destination, int webhook) {
    return new AttemptRecorder(this, tally(destination, webhook), tally(destination, 0));
  }

  /** Counts an attempt at one event, and keeps a record of it unless there are too many. */
  public void record(AttemptRecord attempt) {
    AttemptRecorder recorder = recorder(attempt.destination(), attempt.webhook());
    boolean isSlow =
        !attempt.isGone()
            && recorder.count(attempt.outcome(), attempt.attemptClass(), attempt.took());
    if (recorder.isKept(
        attempt.outcome(), attempt.attemptClass(), attempt.number(), attempt.origin(), isSlow)) {
      recorder.keep(attempt, isSlow, null);
    }
  }

  boolean isKept(
      Tally webhook,
      Tally destination,
      String outcome,
      String attemptClass,
      int number,
      Origin origin,
      boolean isSlow) {
    boolean isPlain =
        number == 1
            && !isSlow
            && origin == Origin.DELIVERY
            && outcome.equals(AttemptRecord.ACCEPTED);
    if (!isPlain) {
      return webhook.isWithin(attemptClass, MOST_DETAILS);
    }
    return successes == HistorySettings.ALL || destination.isWithin(PLAIN, successes);
  }

  void keep(BufferedRecord kept) {
    if (!buffer.offer(kept)) {
      buffer.dropped().increment();
    }
    if (buffer.isWorthFlushing()) {
      writer.wake();
    }
  }

  /**
   * Returns attempts, newest first.
   *
   * @param beforeSeq the position before which attempts are returned; null for the newest ones
   */
  public List<AttemptRecord> attempts(AttemptFilter filter, @Nullable Long beforeSeq, int limit)
      throws HistoryException {
    return reader.attempts(filter, beforeSeq, limit);
  }

  /** Returns attempts after a position, oldest first. */
  public List<AttemptRecord> since(long afterSeq, AttemptFilter filter, int limit)
      throws HistoryException {
    return reader.since(afterSeq, filter, limit);
  }

  /** Returns the recorded attempts at an event, oldest first. Of more than 1,000, only the last. */
  List<AttemptRecord> ofEvent(String messageId) throws HistoryException {
    return reader.ofEvent(messageId, MOST_OF_EVENT);
  }

  /**
   * Returns counts, without steps in which nothing was counted. The shortest step is ten seconds
   * for the last hour, a minute for the last 24 hours and an hour for the last 30 days.
   *
   * @param webhook the number of the webhook; null for all of the destination
   */
  public List<Rollup> rollups(
      String destination, @Nullable Integer webhook, Instant from, Instant to, Duration step)
      throws HistoryException {
    return reader.rollups(destination, webhook, from, to, step);
  }

  /**
   * Returns the counts of all webhooks, by destination and number, without steps in which nothing
   * was counted. Number 0 stands for the deliveries of the destination. The shortest step is a
   * minute for the last 24 hours and an hour for the last 30 days.
   */
  public Map<String, Map<Integer, List<Rollup>>> allRollups(Instant from, Instant to, Duration step)
      throws HistoryException {
    return reader.all(from, to, step);
  }

  /**
   * Returns the failed attempts at a webhook since an instant by class, the most frequent first.
   */
  public List<ErrorGroup> errors(String destination, int webhook, Instant from)
      throws HistoryException {
    return reader.errors(destination, webhook, from, clock.instant());
  }

  /**
   * Records the events that an operator has deleted from the outbox, and waits until the records
   * are written. There is no limit, since an event without a trace would count as delivered.
   */
  public void deleted(List<AttemptRecord> events) throws HistoryException {
    List<BufferedRecord> kept =
        events.stream().map(each -> new BufferedRecord(each, true, null)).toList();
    writer.run(
        connection -> {
          writer.insert(connection, kept);
          return kept.size();
        });
  }

  /**
   * Erases matching records and returns their number. Counts are not changed. The message id of the
   * filter must match completely.
   */
  public long erase(AttemptFilter filter) throws HistoryException {
    AttemptQuery query = new AttemptQuery(filter, true);
    return writer.erase(
        connection -> {
          try (PreparedStatement delete =
              connection.prepareStatement("DELETE FROM attempt_history WHERE " + query.where())) {
            for (int i = 0; i < query.values.size(); i++) {
              delete.setObject(i + 1, query.values.get(i));
            }
            return (long) delete.executeUpdate();
          }
        });
  }
}
