package io.dromedary.outbox.dedup;

import java.util.Objects;

/**
 * A hash table of fingerprints, each with a tag. It consists of two arrays, since an object per
 * fingerprint would take three times the memory. It uses linear probing and is at most three
 * quarters full. It grows by a third rather than doubling, so it stays more than half full, and 17
 * bytes per slot are at most 31 bytes per id. Removing an id moves later ids of its chain back, so
 * there are no tombstones to clean up. Not thread-safe.
 */
final class FingerprintTable {

  /** The highest tag. A set of tags is represented by the bits of a long. */
  static final int LAST_TAG = Long.SIZE - 1;

  private static final int LEAST_SLOTS = 16;
  private static final int BYTES_A_SLOT = 2 * Long.BYTES + Byte.BYTES;

  private final long seed;
  private int slots = LEAST_SLOTS;

  /** The high half of slot i is at 2i, and the low half next to it, in the same cache line. */
  private long[] halves = new long[2 * LEAST_SLOTS];

  /** The tag of each slot; zero if it is free. So every fingerprint, even (0, 0), can be stored. */
  private byte[] tags = new byte[LEAST_SLOTS];

  private int size;

  /**
   * @param seed an odd number, secret, so that senders cannot search for ids that share a slot
   */
  FingerprintTable(long seed) {
    this.seed = seed;
  }

  /**
   * Adds an id unless it is present.
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

  /** Returns the tag of an id, or zero if it is not present. */
  int tag(long high, long low) {
    return tags[find(high, low)];
  }

  /** Removes an id and returns its tag, or zero if it is not present. */
  int remove(long high, long low) {
    int slot = find(high, low);
    int tag = tags[slot];
    if (tag != 0) {
      free(slot);
    }
    return tag;
  }

  /** Removes every id whose tag's bit is set, and shrinks the table if few ids are left. */
  void removeAll(long tagSet) {
    for (int slot = 0; slot < slots; slot++) {
      // The id that moves back into the slot may have to be removed as well.
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

  /** The slot that has the id, or the free slot where it belongs. */
  private int find(long high, long low) {
    int slot = home(low);
    while (tags[slot] != 0 && (halves[2 * slot] != high || halves[2 * slot + 1] != low)) {
      slot = next(slot);
    }
    return slot;
  }

  /** Scales 32 mixed bits to the number of slots, which therefore need not be a power of two. */
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

  /** Frees a slot. Moves the next id of the chain that may be there into the hole, and so on. */
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
    // Allocated first: if there is no memory, the table stays as it was.
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
