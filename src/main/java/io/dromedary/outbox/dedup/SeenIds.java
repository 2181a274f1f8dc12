package io.dromedary.outbox.dedup;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the ids seen within a window, in memory: with a million ids, a unique index on disk
 * makes appending five times slower. Takes at most 34 bytes per id, plus 17 KB. Not thread-safe:
 * owned by the store's writer thread, which publishes the figures that other threads need.
 *
 * <p>Ids are forgotten by generation, not one by one, so an id is remembered for the window and up
 * to a 24th of it longer. Only if there are too many ids is the oldest generation forgotten early.
 * A generation ends after a 24th of the window or a 24th of the most ids, so a flood of ids does
 * not make this forget everything at once.
 *
 * <p>If the clock steps back, time stands still until the clock has caught up, and ids are
 * remembered longer by as much. If the clock is set back by more than the window, that would be too
 * long: all remembered ids then count as seen at that instant.
 */
public final class SeenIds {

  private static final int PARTS = 24;

  /**
   * The oldest generation, those begun since because of time, and those begun because of numbers.
   */
  private static final int GENERATIONS = 1 + 2 * PARTS;

  /**
   * Ids are divided among tables by their bits, not by generation: a new id, as nearly all are,
   * would have to be looked up in the table of every generation. There are many tables, so growing
   * one at a time needs little memory for the copy.
   */
  private static final int TABLES_BITS = 6;

  private final FingerprintTable[] tables = new FingerprintTable[1 << TABLES_BITS];

  private final long windowMillis;
  private final int most;

  /** The sizes of generations, in a ring: {@code live} of them, from {@code oldest} on. */
  private final int[] sizes = new int[GENERATIONS];

  /** When each generation began. */
  private final long[] starts = new long[GENERATIONS];

  /** When an id was last added to each generation. */
  private final long[] ends = new long[GENERATIONS];

  private int oldest;
  private int live;
  private long newestStart;

  /**
   * The latest time seen. Before that, less than any instant, but large enough to subtract from.
   */
  private long latest = Long.MIN_VALUE / 2;

  private int size;
  private long forgotten;

  /**
   * @param window how long an id is remembered, at least a millisecond
   * @param most the most ids that are remembered, at least one
   */
  SeenIds(Duration window, int most) {
    if (window.toMillis() < 1) {
      throw new IllegalArgumentException("The window must be at least 1 ms, but found " + window);
    }
    if (most < 1) {
      throw new IllegalArgumentException("At least 1 id must be remembered, but found " + most);
    }
    windowMillis = window.toMillis();
    this.most = most;
    long seed = ThreadLocalRandom.current().nextLong() | 1;
    Arrays.setAll(tables, i -> new FingerprintTable(seed));
  }

  /**
   * Remembers an id. To load stored ids, add them in order of time, each with the instant at which
   * it was seen. An instant later than the present would end the window of the ids before it.
   *
   * @return false if the id was seen within the window already, which does not prolong the window
   */
  boolean add(Fingerprint id, long nowMillis) {
    expire(nowMillis);
    if (live == 0 || isNewestOver()) {
      beginGeneration();
    }
    int newest = newest();
    if (!table(id).add(id.high(), id.low(), tag(newest))) {
      return false;
    }
    ends[newest] = latest;
    sizes[newest]++;
    size++;
    while (size > most) {
      forgotten += sizes[oldest];
      sweep(dropOldest());
    }
    return true;
  }

  /** The range of time in which an id was seen, both ends included. */
  public record Bounds(long fromMillis, long untilMillis) {}

  /** Returns the range of the id's generation, or null if the id is not remembered. */
  @Nullable Bounds seen(Fingerprint id) {
    int tag = table(id).tag(id.high(), id.low());
    return tag == 0 ? null : new Bounds(starts[tag - 1], ends[tag - 1]);
  }

  /** Undoes an {@code add} that returned true. Ids that were forgotten for it stay forgotten. */
  void remove(Fingerprint id) {
    int tag = table(id).remove(id.high(), id.low());
    if (tag != 0) {
      sizes[tag - 1]--;
      size--;
    }
  }

  /** Forgets the ids whose window is over, as {@code add} does as well. */
  void expire(long nowMillis) {
    if (nowMillis < latest - windowMillis) {
      startOver(nowMillis);
    }
    latest = Math.max(latest, nowMillis);
    long over = 0;
    while (live > 0 && ends[oldest] <= latest - windowMillis) {
      over |= dropOldest();
    }
    sweep(over);
  }

  int size() {
    return size;
  }

  /** The number of ids that were forgotten early since the start, because there were too many. */
  long forgotten() {
    return forgotten;
  }

  /** The memory that the ids take, in bytes. */
  long bytes() {
    return Arrays.stream(tables).mapToLong(FingerprintTable::bytes).sum();
  }

  private void startOver(long nowMillis) {
    Arrays.fill(starts, nowMillis);
    Arrays.fill(ends, nowMillis);
    newestStart = nowMillis;
    latest = nowMillis;
  }

  private boolean isNewestOver() {
    // Multiplied rather than divided, since a 24th need not be a whole number.
    return PARTS * (latest - newestStart) >= windowMillis || (long) PARTS * sizes[newest()] >= most;
  }

  /**
   * Begins a generation. After many removals, or if the clock was set back, the ring may be full.
   * The newest generation then lasts longer.
   */
  private void beginGeneration() {
    if (live < GENERATIONS) {
      live++;
      newestStart = latest;
      starts[newest()] = latest;
      ends[newest()] = latest;
    }
  }

  /**
   * Drops the oldest generation and returns the set of its tag, empty if it has no ids. The ids
   * stay in the tables until they are swept.
   */
  private long dropOldest() {
    long tagSet = sizes[oldest] == 0 ? 0 : 1L << tag(oldest);
    size -= sizes[oldest];
    sizes[oldest] = 0;
    oldest = (oldest + 1) % GENERATIONS;
    live--;
    return tagSet;
  }

  private void sweep(long tagSet) {
    if (tagSet != 0) {
      for (FingerprintTable table : tables) {
        table.removeAll(tagSet);
      }
    }
  }

  private int newest() {
    return (oldest + live - 1) % GENERATIONS;
  }

  /** Chooses the table by bits of the high half; a table chooses the slot by the low half. */
  private FingerprintTable table(Fingerprint id) {
    return tables[(int) (id.high() >>> (Long.SIZE - TABLES_BITS))];
  }

  private static int tag(int generation) {
    return generation + 1;
  }
}
