package io.dromedary.logging;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Limits the log lines of failures that may happen thousands of times a second, for hours. The
 * first failure of a kind is logged at once, and after that one line a minute gives the count. In
 * the whole process, up to 50 kinds have lines of their own; all others are counted together.
 * Thread-safe.
 *
 * @param <K> the kind of a failure
 */
public final class RepeatedLines<K> {

  private static final Logger LOG = LoggerFactory.getLogger(RepeatedLines.class);

  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();

  private static final int MOST_KINDS = 50;
  private static final Semaphore KINDS = new Semaphore(MOST_KINDS);
  private static final LongAdder OTHERS = new LongAdder();
  private static final AtomicLong NEXT_OTHERS_NANOS = new AtomicLong(System.nanoTime());

  private final LongSupplier nanos;
  private final Map<K, Going> kinds = new ConcurrentHashMap<>();

  /** Logs a line about a kind. */
  public interface Telling<K> {
    /**
     * Logs a line.
     *
     * @param count the value that {@link RepeatedLines#tick} describes
     */
    void tell(K kind, long count);
  }

  private static final class Going {
    final LongAdder untold = new LongAdder();
    final long sinceNanos;
    long toldNanos;

    Going(long nowNanos) {
      this.sinceNanos = nowNanos;
      this.toldNanos = nowNanos;
    }
  }

  /** Starts without any kind. */
  public RepeatedLines() {
    this(System::nanoTime);
  }

  RepeatedLines(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Counts a failure. Returns whether it is the first of its kind and has to be logged now. */
  public boolean isFirst(K kind) {
    Going going = kinds.get(kind);
    if (going != null) {
      going.untold.increment();
      return false;
    }
    if (!KINDS.tryAcquire()) {
      OTHERS.increment();
      tellOthers();
      return false;
    }
    Going before = kinds.putIfAbsent(kind, new Going(nanos.getAsLong()));
    if (before == null) {
      return true;
    }
    KINDS.release();
    before.untold.increment();
    return false;
  }

  /**
   * Logs the kinds that are due. Call it about every second, from one thread at a time.
   *
   * @param goesOn called once a minute for each kind that has happened, with the count
   * @param isOver called for each kind that has not happened for a minute, with the nanoseconds
   *     since it began
   */
  public void tick(Telling<K> goesOn, Telling<K> isOver) {
    long nowNanos = nanos.getAsLong();
    kinds.forEach(
        (kind, going) -> {
          if (nowNanos - going.toldNanos < MINUTE_NANOS) {
            return;
          }
          going.toldNanos = nowNanos;
          long count = going.untold.sumThenReset();
          if (count > 0) {
            goesOn.tell(kind, count);
          } else {
            if (kinds.remove(kind) != null) {
              KINDS.release();
            }
            isOver.tell(kind, nowNanos - going.sinceNanos);
          }
        });
  }

  /**
   * Counts a failure, for callers that never call {@link #tick} and have a few fixed kinds. Returns
   * how often it has happened since the last line if a line has to be logged now, or else 0.
   */
  public long untold(K kind) {
    long nowNanos = nanos.getAsLong();
    Going going = kinds.get(kind);
    if (going == null && kinds.putIfAbsent(kind, new Going(nowNanos)) == null) {
      return 1;
    }
    going = kinds.getOrDefault(kind, new Going(nowNanos));
    synchronized (going) {
      going.untold.increment();
      if (nowNanos - going.toldNanos < MINUTE_NANOS) {
        return 0;
      }
      going.toldNanos = nowNanos;
      return going.untold.sumThenReset();
    }
  }

  /** Releases all kinds, so that others may use them. Only for callers of {@link #tick}. */
  public void end() {
    kinds
        .keySet()
        .removeIf(
            kind -> {
              KINDS.release();
              return true;
            });
  }

  private static void tellOthers() {
    long nowNanos = System.nanoTime();
    long next = NEXT_OTHERS_NANOS.get();
    if (nowNanos - next >= 0 && NEXT_OTHERS_NANOS.compareAndSet(next, nowNanos + MINUTE_NANOS)) {
      LOG.warn(
          "{} further failures, of other kinds than the {} kinds that are logged one by one",
          OTHERS.sumThenReset(),
          MOST_KINDS);
    }
  }
}
