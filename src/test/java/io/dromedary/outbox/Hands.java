package io.dromedary.outbox;

import io.dromedary.outbox.store.OutboxEvent;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A listener with room for a number of events, which it keeps. */
final class Hands implements ClaimListener {

  final List<Claim> taken = new CopyOnWriteArrayList<>();
  final List<Settlement> settled = new CopyOnWriteArrayList<>();
  private final Set<Claim> paused = ConcurrentHashMap.newKeySet();
  final AtomicInteger room;
  final AtomicInteger told = new AtomicInteger();

  Hands(int room) {
    this.room = new AtomicInteger(room);
  }

  @Override
  public List<Long> ids() {
    return taken.stream().map(Claim::id).toList();
  }

  @Override
  public int reserve(List<OutboxEvent> wanted) {
    int granted = Math.min(wanted.size(), room.get());
    room.addAndGet(-granted);
    return granted;
  }

  @Override
  public void giveBack(List<OutboxEvent> reserved) {
    room.addAndGet(reserved.size());
  }

  @Override
  public boolean mayWait(long bytes) {
    return true;
  }

  @Override
  public void paused(Claim claim) {
    if (paused.add(claim)) {
      room.incrementAndGet();
    }
  }

  @Override
  public void resumed(Claim claim) {
    if (paused.remove(claim)) {
      room.decrementAndGet();
    }
  }

  @Override
  public void take(List<Claim> claims) {
    taken.addAll(claims);
  }

  @Override
  public void due() {
    told.incrementAndGet();
  }

  @Override
  public void settled(Claim claim, Settlement settlement) {
    settled.add(settlement);
    room.incrementAndGet();
  }
}
