package io.dromedary.outbox;

import java.util.Objects;

/**
 * A set of fingerprints, each with the tag it was added with, in two arrays: an object for each
 * would take three times the memory. Linear probing, at most three quarters full; growing by a
 * third instead of doubling leaves it more than half full, so that 17 bytes a slot are at most 31
 * an id. Removing moves later ids of the chain back: there are no tombstones to clean up. Not
 * thread-safe.
 */
final class FingerprintTable {

  /** The highest tag: a set of tags is the bits of a long. */
  static final int LAST_TAG = Long.SIZE - 1;

  private static final int LEAST_SLOTS = 16;
  private static final int BYTES_A_SLOT = 2 * Long.BYTES + Byte.BYTES;

  private final long seed;
  private int slots = LEAST_SLOTS;

  /** Of slot i, the high half is at 2i and the low half beside it, in the same cache line. */
  private long[] halves = new long[2 * LEAST_SLOTS];

  /** Zero is a free slot, which leaves every fingerprint representable, (0, 0) too. */
  private byte[] tags = new byte[LEAST_SLOTS];

  private int size;

  /**
   * @param seed odd; unless senders can guess it, they cannot find ids that share one slot by
   *     trying
   */
  FingerprintTable(long seed) {
    this.seed = seed;
  }

  /**
   * Adds an id unless it is there.
   *
   * @param tag from 1 to {@link #LAST_TAG}
   * @return whether it was added
   */
  boolean add(long high, long low, int tag) {
    Objects.checkIndex(tag - 1, LAST_TAG);
    int slot = find(high, low);
    if (tags[slot] != 0) {
      return false;
    }
    if (4L * (size + 1) > 3L * slots) {
      resize(slots + slots / 3);
      slot = find(high, low);
    }
    put(slot, high, low, (byte) tag);
    size++;
    return true;
  }

  /** The tag of an id, or zero if it is not there. */
  int tag(long high, long low) {
    return tags[find(high, low)];
  }

  /** Removes an id and returns its tag, or zero if it is not there. */
  int remove(long high, long low) {
    int slot = find(high, low);
    int tag = tags[slot];
    if (tag != 0) {
      free(slot);
    }
    return tag;
  }

  /** Removes every id whose tag's bit is set, and gives back memory that few ids are left in. */
  void removeAll(long tagSet) {
    for (int slot = 0; slot < slots; slot++) {
      // What moves back into the slot may have to go, too.
      while (tags[slot] != 0 && (tagSet & (1L << tags[slot])) != 0) {
        free(slot);
      }
    }
    if (size < slots / 2 && slots > LEAST_SLOTS) {
      resize(Math.max(LEAST_SLOTS, size * 7 / 4));
    }
  }

  int size() {
    return size;
  }

  long bytes() {
    return (long) slots * BYTES_A_SLOT;
  }

  /** The slot that has the id, or the free one where it belongs. */
  private int find(long high, long low) {
    int slot = home(low);
    while (tags[slot] != 0 && (halves[2 * slot] != high || halves[2 * slot + 1] != low)) {
      slot = next(slot);
    }
    return slot;
  }

  /** Scales 32 mixed bits to the number of slots, which so need not be a power of two. */
  private int home(long low) {
    return (int) ((((low * seed) >>> 32) * slots) >>> 32);
  }

  private int next(int slot) {
    return slot + 1 == slots ? 0 : slot + 1;
  }

  private void put(int slot, long high, long low, byte tag) {
    halves[2 * slot] = high;
    halves[2 * slot + 1] = low;
    tags[slot] = tag;
  }

  /** Fills the hole with the next id of the chain that may stand there, and so on to its end. */
  private void free(int slot) {
    int hole = slot;
    for (int from = next(slot); tags[from] != 0; from = next(from)) {
      if (distance(home(halves[2 * from + 1]), from) >= distance(hole, from)) {
        put(hole, halves[2 * from], halves[2 * from + 1], tags[from]);
        hole = from;
      }
    }
    tags[hole] = 0;
    size--;
  }

  private int distance(int from, int to) {
    return to >= from ? to - from : to - from + slots;
  }

  private void resize(int newSlots) {
    long[] oldHalves = halves;
    byte[] oldTags = tags;
    // If there is no memory for them, the table stays as it was.
    long[] newHalves = new long[2 * newSlots];
    byte[] newTags = new byte[newSlots];
    slots = newSlots;
    halves = newHalves;
    tags = newTags;
    for (int old = 0; old < oldTags.length; old++) {
      if (oldTags[old] != 0) {
        long high = oldHalves[2 * old];
        long low = oldHalves[2 * old + 1];
        put(find(high, low), high, low, oldTags[old]);
      }
    }
  }
}
