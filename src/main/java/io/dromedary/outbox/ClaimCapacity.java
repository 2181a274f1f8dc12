package io.dromedary.outbox;

import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.MemoryCost;
import io.dromedary.outbox.store.OutboxEvent;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The room that a destination has for claims: places, by its limit, and memory. Wakes the poller
 * when there is room for events that wait in the store. Thread-safe.
 */
final class ClaimCapacity {

  static final int MOST_CLAIMED = 500;

  private final ClaimCounts places;
  private final MemoryBudget.Account memory;
  private final InFlightLimit limit;
  private final DueTimes due;
  private final Poller poller;

  ClaimCapacity(
      ClaimCounts places,
      MemoryBudget.Account memory,
      InFlightLimit limit,
      DueTimes due,
      Poller poller) {
    this.places = places;
    this.memory = memory;
    this.limit = limit;
    this.due = due;
    this.poller = poller;
  }

  /**
   * How much room there has to be before it is worth a claim, which costs the same for any number.
   */
  static int worthwhile(int allowed) {
    return Math.max(1, Math.min(MOST_CLAIMED, allowed / 4));
  }

  /** Reserves room for new events; returns for how many of them, from the first on, there is. */
  int reserve(List<OutboxEvent> wanted) {
    // New events do not overtake waiting ones; events that have been attempted do not count.
    if (due.isBacklog(Lane.FRESH)) {
      return 0;
    }
    AtomicInteger room = new AtomicInteger();
    AtomicLong bytes = new AtomicLong();
    try {
      places.reserve(wanted.size(), limit.held(limit.now()), room);
      int taken = 0;
      while (taken < room.get() && memory.tryTake(MemoryCost.of(wanted.get(taken)), bytes)) {
        taken++;
      }
      places.keep(taken, room);
      return taken;
    } catch (RuntimeException | Error e) {
      giveBack(room, bytes);
      throw e;
    }
  }

  /** Gives back room that was reserved for events that have not come. */
  void giveBack(List<OutboxEvent> reserved) {
    long bytes = reserved.stream().mapToLong(MemoryCost::of).sum();
    giveBack(new AtomicInteger(reserved.size()), new AtomicLong(bytes));
  }

  /** Gives back as much as these count. If it fails, they count the rest for the next time. */
  void giveBack(AtomicInteger room, AtomicLong bytes) {
    try {
      memory.give(bytes);
    } finally {
      places.free(room);
    }
    noticeRoom();
  }

  /** Wakes the poller if events wait and enough of them have room. */
  void noticeRoom() {
    if (due.isBacklog(Lane.FRESH) || due.isBacklog(Lane.RETRY)) {
      int allowed = limit.held(limit.now());
      if (allowed - places.held() >= worthwhile(allowed)) {
        poller.wake();
      }
    }
  }

  /** Whether there is memory for events of that many bytes to wait in, beside those that do. */
  boolean mayWait(long bytes) {
    return memory.mayWait(places.pausedBytes() + bytes);
  }
}
