package io.dromedary.outbox;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The ids seen within a window, in memory: at a million of them a unique index on disk makes
 * appending five times slower. Takes at most 34 bytes an id, beside 17 KB. Not thread-safe: the
 * store's writer thread owns it, and publishes the figures it wants others to see.
 *
 * <p>Ids are forgotten by generation, not one by one, so an id is remembered for the window and at
 * most a 24th of it longer; never shorter, unless there are too many. Then the oldest generation is
 * forgotten before its time. A generation ends after a 24th of the window, or a 24th of the most
 * ids, so that a flood does not make it forget everything at once.
 *
 * <p>The clock may step back: time stands still until it has caught up, and ids are remembered
 * longer by as much. If it is set back by more than the window, that would be too long: what is
 * remembered then counts as seen at that instant.
 */
final class SeenIds {

  private static final int PARTS = 24;

  /** The oldest, those that time has begun since, and those that numbers have. */
  private static final int GENERATIONS = 1 + 2 * PARTS;

  /**
   * Tables by id, not by generation: of those, an id that is new, as nearly all are, would have to
   * be looked up in every one. Growing one of many at a time needs little memory for the copy.
   */
  private static final int TABLES_BITS = 6;

  private final FingerprintTable[] tables = new FingerprintTable[1 << TABLES_BITS];

  private final long windowMillis;
  private final int most;

  /** A ring of generations, {@code live} of them from {@code oldest} on. */
  private final int[] sizes = new int[GENERATIONS];

  /** When each began. */
  private final long[] starts = new long[GENERATIONS];

  /** When an id was last added to each. */
  private final long[] ends = new long[GENERATIONS];

  private int oldest;
  private int live;
  private long newestStart;

  /** Before any instant, and far enough from the least number to subtract from. */
  private long latest = Long.MIN_VALUE / 2;

  private int size;
  private long forgotten;

  /**
   * @param window how long an id is remembered, at least a millisecond
   * @param most how many ids are remembered, at least one
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
   * Remembers an id. To load what a store has kept, add it in order of time, with the instant at
   * which it was seen; an instant later than the present would end the window of those before it.
   *
   * @return false if it was seen within the window; that does not prolong its window
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

  /** When an id was seen: not before the first instant, and not after the second. */
  record Bounds(long fromMillis, long untilMillis) {}

  /** When an id was seen, which is known by its generation, or null if it is not remembered. */
  @Nullable Bounds seen(Fingerprint id) {
    int tag = table(id).tag(id.high(), id.low());
    return tag == 0 ? null : new Bounds(starts[tag - 1], ends[tag - 1]);
  }

  /** Undoes an {@code add} that returned true; what it made others forget stays forgotten. */
  void remove(Fingerprint id) {
    int tag = table(id).remove(id.high(), id.low());
    if (tag != 0) {
      sizes[tag - 1]--;
      size--;
    }
  }

  /** Forgets the ids whose window is over, as {@code add} does, too. */
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

  /** How many ids were forgotten before their time since the start, because there were too many. */
  long forgotten() {
    return forgotten;
  }

  /** The memory that the ids take. */
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
    // In long arithmetic without division: a part need not be a whole number.
    return PARTS * (latest - newestStart) >= windowMillis || (long) PARTS * sizes[newest()] >= most;
  }

  /** After many removals or a clock set back there may be no room: then the newest lasts longer. */
  private void beginGeneration() {
    if (live < GENERATIONS) {
      live++;
      newestStart = latest;
      starts[newest()] = latest;
      ends[newest()] = latest;
    }
  }

  /** Its ids stay in the tables until they are swept. */
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

  /** By bits of the half from which the table does not take the slot. */
  private FingerprintTable table(Fingerprint id) {
    return tables[(int) (id.high() >>> (Long.SIZE - TABLES_BITS))];
  }

  private static int tag(int generation) {
    return generation + 1;
  }
}
