package io.dromedary.outbox;

import io.dromedary.outbox.store.MemoryCost;
import io.dromedary.settings.HeapShare;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Limits the memory of all events that are out of the store: handed on, claimed, in flight or
 * waiting for a retry. An event counts from before it is read until its settlement is committed.
 * Thread-safe.
 *
 * <p>Destinations share the memory by dynamic thresholds, as switches share their buffers among
 * ports: each may take a multiple of the free memory. A single busy destination gets four fifths,
 * and two get four ninths each. A destination that starts later finds room, while those that have
 * more than their share get none until they are back to it. In addition, each destination may
 * always have one event of any size, so that none is ever stuck. Memory for these is reserved, and
 * not shared.
 */
final class MemoryBudget {

  /** Of Dromedary's own, which are bounded before their context is added. */
  private static final int LONGEST_EVENT = 64 * 1024;

  /** A destination may take this many times the free memory. */
  private static final int SHARE = 4;

  private final long bytes;
  private final AtomicLong used = new AtomicLong();

  /** The memory reserved for each destination. */
  private final long reserved;

  private final AtomicInteger accounts = new AtomicInteger();

  /** Makes a budget with the share of the heap that is meant for claims. */
  MemoryBudget() {
    this(HeapShare.CLAIMS.bytes(), LONGEST_EVENT);
  }

  /**
   * Makes a budget.
   *
   * @param bytes the memory for all destinations together
   * @param longest the size of the longest expected event, in bytes
   */
  MemoryBudget(long bytes, int longest) {
    this.bytes = bytes;
    this.reserved = MemoryCost.CLAIM_BYTES + (long) MemoryCost.COPIES * longest;
  }

  /** Opens the account of a destination, which the caller has to close. */
  Account open() {
    accounts.incrementAndGet();
    return new Account();
  }

  /** The memory that is taken by all destinations. */
  long used() {
    return used.get();
  }

  /** The memory that destinations share. */
  long shared() {
    return Math.max(0, bytes - accounts.get() * reserved);
  }

  /** The most memory that the events of one request to the store may take. */
  long mostClaimed() {
    return Math.max(reserved, shared() / 8);
  }

  private long free() {
    return Math.max(0, shared() - used.get());
  }

  /** The memory taken by one destination. */
  final class Account implements AutoCloseable {

    // Guarded by this.
    private long own;
    private boolean isClosed;

    private Account() {}

    /**
     * The memory it may take now. At least 1 if it has none, which permits an event of any size.
     */
    synchronized long available() {
      long free = free();
      return Math.max(own <= 0 ? 1 : 0, Math.min(free, SHARE * free - own));
    }

    /** Takes memory for an event if there is enough, and adds it to {@code taken}. */
    synchronized boolean tryTake(long cost, AtomicLong taken) {
      if (own > 0 && available() < cost) {
        return false;
      }
      take(cost, taken);
      return true;
    }

    /** Takes memory, even if there is not enough, and adds it to {@code taken}. */
    synchronized void take(long cost, AtomicLong taken) {
      if (!isClosed) {
        own += cost;
        used.addAndGet(cost);
      }
      taken.addAndGet(cost);
    }

    /** Gives back the memory counted in {@code taken}, and sets that to 0. */
    synchronized void give(AtomicLong taken) {
      long cost = taken.getAndSet(0);
      if (!isClosed) {
        own -= cost;
        used.addAndGet(-cost);
      }
    }

    /**
     * Whether events of that size may wait in memory. They may not if they take more than what is
     * free, since there would be no memory left for new events.
     */
    boolean mayWait(long cost) {
      return cost <= free();
    }

    /** The memory it has taken. */
    synchronized long used() {
      return own;
    }

    /** Gives back all of its memory. */
    @Override
    public synchronized void close() {
      if (!isClosed) {
        used.addAndGet(-own);
        isClosed = true;
        accounts.decrementAndGet();
      }
    }
  }
}
