package io.dromedary.history;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes records and rollups on a thread of its own, every four seconds or when enough records have
 * gathered. If a write fails, its records are dropped and counted, and the next write opens a new
 * connection. So no other thread waits or fails. Thread-safe.
 */
final class HistoryWriter {

  private static final Logger LOG = LoggerFactory.getLogger(HistoryWriter.class);

  /** With what two writes take, a kill costs at most the last five seconds. */
  private static final long FLUSH_SECONDS = 4;

  private static final long LEARN_MILLIS = TimeUnit.MINUTES.toMillis(1);

  /** How long nothing is written after a failure. */
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(3);

  /** How long a reader waits until earlier records are written. */
  private static final long WAIT_SECONDS = 5;

  private static final String NOT_RUNNING = "the history has stopped, or has not started";

  private final HistoryPlace place;
  private final HistoryBuffer buffer;
  private final Collection<Tally> tallies;
  private final Rollups rollups;
  private final String node;
  private final Clock clock;
  private final Expiry expiry = new Expiry();
  private final AtomicBoolean isWoken = new AtomicBoolean();
  private volatile @Nullable ScheduledThreadPoolExecutor thread;
  private volatile double sizeBytes = Double.NaN;

  // Used by the thread only.
  private @Nullable Connection connection;
  private boolean isFailing;
  private long pausedNanos;
  private long learntMillis;

  /** Work to do on the connection, in a transaction. */
  interface Task<T> {
    T run(Connection connection) throws SQLException;
  }

  /** Work to do on the connection after the commit. */
  private interface AfterCommit {
    void run(Connection connection) throws SQLException;
  }

  HistoryWriter(
      HistoryPlace place,
      HistoryBuffer buffer,
      Collection<Tally> tallies,
      Rollups rollups,
      String node,
      Clock clock) {
    this.place = place;
    this.buffer = buffer;
    this.tallies = tallies;
    this.rollups = rollups;
    this.node = node;
    this.clock = clock;
  }

  void start() {
    ScheduledThreadPoolExecutor made =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread daemon = new Thread(task, "dromedary-history");
              daemon.setDaemon(true);
              return daemon;
            });
    made.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
    Future<?> unused = made.scheduleWithFixedDelay(this::flush, 0, FLUSH_SECONDS, TimeUnit.SECONDS);
    thread = made;
  }

  /** The size of the tables in bytes; NaN if it is unknown. */
  double sizeBytes() {
    return sizeBytes;
  }

  /** Requests a write soon. Never blocks. */
  void wake() {
    ScheduledThreadPoolExecutor to = thread;
    if (to != null && isWoken.compareAndSet(false, true)) {
      try {
        to.execute(
            () -> {
              isWoken.set(false);
              flush();
            });
      } catch (RejectedExecutionException e) {
        // The writer is stopping.
      }
    }
  }

  /** Waits until all earlier records are written. */
  void catchUp() throws HistoryException {
    run(connection -> true);
  }

  /** Runs a task in a transaction, after all earlier records have been written. */
  <T> T run(Task<T> task) throws HistoryException {
    return run(task, open -> {});
  }

  /** Runs a task that deletes records, and removes their remains from the files. */
  <T> T erase(Task<T> task) throws HistoryException {
    return run(task, place::forget);
  }

  private <T> T run(Task<T> task, AfterCommit after) throws HistoryException {
    ScheduledThreadPoolExecutor to = thread;
    if (to == null) {
      throw new HistoryException(NOT_RUNNING, null);
    }
    try {
      return to.submit(
              () -> {
                flush();
                Connection open = open();
                T result = task.run(open);
                open.commit();
                after.run(open);
                return result;
              })
          .get(WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HistoryException("interrupted while waiting for the history", e);
    } catch (RejectedExecutionException e) {
      throw new HistoryException(NOT_RUNNING, e);
    } catch (TimeoutException e) {
      throw new HistoryException("the history was not written in time", e);
    } catch (ExecutionException e) {
      throw new HistoryException(
          "the history of attempts ("
              + place.name()
              + ") does not work now: "
              + (e.getCause() == null ? e : e.getCause()).getMessage(),
          e);
    }
  }

  private void flush() {
    try {
      long now = clock.millis();
      rollups.count(tallies, now);
      // Also where the clock was set back.
      if (Math.abs(now - learntMillis) >= LEARN_MILLIS) {
        learntMillis = now;
        rollups.learnSlow(tallies);
      }
      write();
    } catch (RuntimeException | Error e) {
      // If this were thrown, the executor would cancel all further flushes.
      LOG.error("The history of attempts fails", e);
    }
  }

  private void write() {
    if (isFailing && System.nanoTime() - pausedNanos < PAUSE_NANOS) {
      // Meanwhile records wait in the buffer, as far as there is room.
      return;
    }
    List<BufferedRecord> taken = buffer.drain();
    try {
      boolean isMended;
      do {
        isMended = false;
        try {
          write(taken);
          taken = List.of();
        } catch (SQLException e) {
          isMended = failed(e);
        }
      } while (isMended);
    } finally {
      buffer.dropped().add(taken.size());
    }
  }

  private void write(List<BufferedRecord> taken) throws SQLException {
    Connection open = open();
    if (!taken.isEmpty() || rollups.hasChanged()) {
      insert(open, taken);
      rollups.write(open, node);
      open.commit();
      rollups.written(clock.millis());
    }
    if (isFailing) {
      LOG.info("The history of attempts is written again");
      isFailing = false;
    }
    try {
      expiry.expire(place, open, clock.millis());
      sizeBytes = place.sizeBytes(open);
      open.commit();
    } catch (SQLException e) {
      // The records and rollups are written already.
      boolean unused = failed(e);
    }
  }

  /** Inserts records without committing. */
  void insert(Connection to, List<BufferedRecord> all) throws SQLException {
    place.lockToWrite(to);
    AttemptRows.insert(to, node, all);
    expiry.written(all);
  }

  private Connection open() throws SQLException {
    Connection open = connection;
    if (open != null) {
      try {
        place.check();
        return open;
      } catch (SQLException e) {
        LOG.warn("A new history of attempts is begun: {}", e.getMessage());
        disconnect();
      }
    }
    open = place.connectToWrite(firstSeq());
    connection = open;
    return open;
  }

  /**
   * The first sequence number of a new history: the clock in microseconds. It is greater than every
   * number of an earlier history that had fewer than a million attempts a second, so clients that
   * follow the attempts miss none when the file is deleted. JavaScript represents it exactly.
   */
  private long firstSeq() {
    return TimeUnit.MILLISECONDS.toMicros(clock.millis());
  }

  /** Handles a failure. Returns whether to try again at once. */
  private boolean failed(SQLException failure) {
    disconnect();
    sizeBytes = Double.NaN;
    pausedNanos = System.nanoTime();
    if (isFailing) {
      return false;
    }
    isFailing = true;
    LOG.warn(
        "The history of attempts ({}) cannot be written, deliveries go on: {}",
        place.name(),
        failure.getMessage());
    return place.mend(failure);
  }

  private void disconnect() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        // The connection is no longer needed.
      }
    }
  }

  /** Handles a failure of a reader, which may have found that the file is damaged. */
  void report(SQLException failure) {
    ScheduledThreadPoolExecutor to = thread;
    if (to != null) {
      try {
        to.execute(
            () -> {
              disconnect();
              boolean unused = place.mend(failure);
            });
      } catch (RejectedExecutionException e) {
        // The writer is stopping.
      }
    }
  }

  /** Writes the remaining records, for a few seconds at most, and stops. */
  void stop() {
    ScheduledThreadPoolExecutor to = thread;
    thread = null;
    if (to == null) {
      return;
    }
    to.execute(
        () -> {
          flush();
          disconnect();
        });
    to.shutdown();
    try {
      if (!to.awaitTermination(WAIT_SECONDS, TimeUnit.SECONDS)) {
        to.shutdownNow();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      to.shutdownNow();
    }
  }
}
