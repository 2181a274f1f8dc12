package io.dromedary.outbox;

import io.dromedary.settings.HeapShare;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the events may take that are out of the store: handed on, claimed, in flight or
 * waiting for a retry, of all destinations together. Each counts from before it is read until its
 * settlement is committed. Thread-safe.
 *
 * <p>Destinations share it by dynamic thresholds, as switches share their buffers among ports: each
 * may take a multiple of what is free. A single busy one gets four fifths, two get four ninths
 * each, and one that begins finds room, while those that have more than their share get none until
 * they are back to it. Beside that each may always have one event, whatever its size: of nobody's
 * does none go on. These are not part of what is shared.
 */
final class MemoryBudget {

  /** What an event costs beside its bytes: claim, exchange, delivery, request. */
  static final int CLAIM_BYTES = 6 * 1024;

  /**
   * How often the bytes of an event are in memory: as they were stored, as they are sent, and while
   * they are changed or written.
   */
  static final int COPIES = 3;

  /** Of Dromedary's own, which are bounded before their context is added. */
  private static final int LONGEST_EVENT = 64 * 1024;

  /** Of what is free, a destination may have so many times as much. */
  private static final int SHARE = 4;

  private final long bytes;
  private final AtomicLong used = new AtomicLong();

  /** What each destination may have in any case. */
  private final long reserved;

  private final AtomicInteger accounts = new AtomicInteger();

  /** A budget of its share of the heap. */
  MemoryBudget() {
    this(HeapShare.CLAIMS.bytes(), LONGEST_EVENT);
  }

  /**
   * A budget.
   *
   * @param bytes for all destinations
   * @param longest the bytes of the longest event that is expected
   */
  MemoryBudget(long bytes, int longest) {
    this.bytes = bytes;
    this.reserved = CLAIM_BYTES + (long) COPIES * longest;
  }

  /** What an event in memory is taken to cost. */
  static long cost(OutboxEvent event) {
    String progress = event.progress();
    int text =
        event.messageId().length()
            + event.type().length()
            + (progress == null ? 0 : progress.length());
    return CLAIM_BYTES + (long) COPIES * (event.body().length + text);
  }

  /** The account of a destination, until it is closed. */
  Account open() {
    accounts.incrementAndGet();
    return new Account();
  }

  /** What is taken of it. */
  long used() {
    return used.get();
  }

  /** What is shared. */
  long shared() {
    return Math.max(0, bytes - accounts.get() * reserved);
  }

  /** What a single claim of the store may take. */
  long mostClaimed() {
    return Math.max(reserved, shared() / 8);
  }

  private long free() {
    return Math.max(0, shared() - used.get());
  }

  /** What a destination takes. */
  final class Account implements AutoCloseable {

    // Guarded by this.
    private long own;
    private boolean isClosed;

    private Account() {}

    /** How much more it may take now; at least 1 where it has nothing, for an event of any size. */
    synchronized long available() {
      long free = free();
      return Math.max(own <= 0 ? 1 : 0, Math.min(free, SHARE * free - own));
    }

    /** Takes memory for an event, if there is any; it is counted there. */
    synchronized boolean tryTake(long cost, AtomicLong taken) {
      if (own > 0 && available() < cost) {
        return false;
      }
      take(cost, taken);
      return true;
    }

    /** Takes memory whether there is any or not; it is counted there. */
    synchronized void take(long cost, AtomicLong taken) {
      if (!isClosed) {
        own += cost;
        used.addAndGet(cost);
      }
      taken.addAndGet(cost);
    }

    /** Gives memory back, as much as is counted there. */
    synchronized void give(AtomicLong taken) {
      long cost = taken.getAndSet(0);
      if (!isClosed) {
        own -= cost;
        used.addAndGet(-cost);
      }
    }

    /**
     * Whether so much may wait in memory: not if it were more than what is free, since new events
     * could no longer be taken.
     */
    boolean mayWait(long cost) {
      return cost <= free();
    }

    /** What it has taken. */
    synchronized long used() {
      return own;
    }

    /** Gives all of it back. */
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
