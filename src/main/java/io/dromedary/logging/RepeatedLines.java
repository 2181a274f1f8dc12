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
 * Bounds the lines of what may go on for hours, thousands of times a second: the first of a kind is
 * a line at once, and then one a minute says how many there were. Of the whole process, so many
 * kinds have lines of their own; the rest is counted together. Thread-safe.
 *
 * @param <K> of what kind something is
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

  /** What is told of a kind. */
  public interface Telling<K> {
    /**
     * Tells of what has happened since the last line.
     *
     * @param count how often
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

  /** Nothing has happened yet. */
  public RepeatedLines() {
    this(System::nanoTime);
  }

  RepeatedLines(LongSupplier nanos) {
    this.nanos = nanos;
  }

  /** Something has happened. Returns whether it is to be told now, as the first of its kind. */
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
   * Tells of what goes on. To be called every second or so, by one thread at a time.
   *
   * @param goesOn is told once a minute how often each kind has happened
   * @param isOver is told of each that has not happened for a minute, and since how many
   *     nanoseconds it has gone on
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
   * Something has happened that nobody ticks for, of one of a few kinds that are always there.
   * Returns how often it has since it was told last, if it is to be told now, and otherwise 0.
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

  /** Nothing more happens: others may have the places. Only where somebody ticks. */
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
          "{} further failures, of other kinds than the {} that have lines of their own",
          OTHERS.sumThenReset(),
          MOST_KINDS);
    }
  }
}
