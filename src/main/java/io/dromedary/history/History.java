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
 * What has become of attempts: counts of all of them, and records of those that are interesting and
 * of a part of the others. It is for looking: bounded in age and size, deletable at any time, and a
 * crash loses its last five seconds. What has to be exact is in the outbox.
 *
 * <p>Recording never blocks and never throws; what finds no room is dropped and counted. Reading
 * blocks, and is for threads of operators. Thread-safe.
 */
public final class History {

  /** How many records of one class at one webhook are kept in a second. */
  private static final int MOST_DETAILS = 200;

  /** How many records of one event are read. */
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
    // Rows of a node that starts again are others than before: each is written by one process.
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

  /** The history of a context, or null where there is none (webhooks.history = off). */
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
            "Attempts that were to be kept and found no room, or could not be written",
            Map.of(),
            buffer.dropped()::sum));
    meters.add(
        new Meter(
            Kind.GAUGE,
            "dromedary.history.size.bytes",
            "What the history of attempts takes; NaN while it does not work",
            Map.of(),
            writer::sizeBytes));
  }

  /** It is written while its context runs, and once more when that has stopped. */
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

  /** What counts the attempts at a webhook; 0: the deliveries of a destination. */
  private Tally tally(String destination, int webhook) {
    return tallies.computeIfAbsent(
        webhook + " " + destination, key -> new Tally(destination, webhook));
  }

  /** What records the attempts at a webhook, without looking for it each time. */
  public AttemptRecorder recorder(String destination, int webhook) {
    return new AttemptRecorder(this, tally(destination, webhook), tally(destination, 0));
  }

  /** Counts an attempt at one event, and keeps a record of it unless it is one of too many. */
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

  void keep(Kept kept) {
    if (!buffer.offer(kept)) {
      buffer.dropped().increment();
    }
    if (buffer.isWorthFlushing()) {
      writer.wake();
    }
  }

  /**
   * Some attempts, the newest first.
   *
   * @param beforeSeq only those whose place is before; null: any
   */
  public List<AttemptRecord> attempts(AttemptFilter filter, @Nullable Long beforeSeq, int limit)
      throws HistoryException {
    return reader.attempts(filter, beforeSeq, limit);
  }

  /** Some attempts whose place is behind {@code afterSeq}, the oldest first. */
  public List<AttemptRecord> since(long afterSeq, AttemptFilter filter, int limit)
      throws HistoryException {
    return reader.since(afterSeq, filter, limit);
  }

  /** The attempts at an event that are kept, the oldest first; the last thousand, if more. */
  public List<AttemptRecord> ofEvent(String messageId) throws HistoryException {
    return reader.ofEvent(messageId, MOST_OF_EVENT);
  }

  /**
   * What was counted, where anything was: from ten seconds at a time in the last hour, from a
   * minute in the last 24 hours, from an hour in the last 30 days.
   *
   * @param webhook its number; null: all of the destination
   */
  public List<Rollup> rollups(
      String destination, @Nullable Integer webhook, Instant from, Instant to, Duration step)
      throws HistoryException {
    return reader.rollups(destination, webhook, from, to, step);
  }

  /**
   * What was counted of all webhooks, by their destinations and numbers, where anything was: from a
   * minute in the last 24 hours, from an hour in the last 30 days. Number 0 is the deliveries.
   */
  public Map<String, Map<Integer, List<Rollup>>> allRollups(Instant from, Instant to, Duration step)
      throws HistoryException {
    return reader.all(from, to, step);
  }

  /** How attempts at a webhook have failed since an instant, the most frequent way first. */
  public List<ErrorGroup> errors(String destination, int webhook, Instant from)
      throws HistoryException {
    return reader.errors(destination, webhook, from, clock.instant());
  }

  /**
   * Keeps what an operator has deleted from the outbox: each of them, since what is in no place
   * would be taken for delivered. Waits until it is written.
   */
  public void deleted(List<AttemptRecord> events) throws HistoryException {
    List<Kept> kept = events.stream().map(each -> new Kept(each, true, null)).toList();
    writer.run(
        connection -> {
          writer.insert(connection, kept);
          return kept.size();
        });
  }

  /**
   * Erases the records that are meant, and says how many they were; counts stay. A message id is
   * taken as a whole.
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
