package io.dromedary.delivery.flow;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much may be sent to one webhook at present. Each attempt needs a {@link Permit}, and what
 * comes of it decides about the next ones: whether the webhook is down ({@link Liveness}), how many
 * attempts are in flight ({@link ConcurrencyLimit}), how many are sent a second ({@link
 * RateLimit}), and what is left of that while nothing is accepted ({@link Drought}).
 *
 * <p>Thread-safe, without a thread of its own: time passes when somebody asks.
 */
public final class FlowControl {

  /** With that part of what may be in flight, the limit is what bounds it. */
  private static final double FULL = 0.8;

  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final Lanes lanes;
  private final Liveness liveness;
  private final ConcurrencyLimit concurrency;
  private final RateLimit rate;
  private final Drought drought;
  private final Pacer droughtPacer = new Pacer();
  private final Pacer operators = new Pacer();

  private FlowState.Kind kind = FlowState.Kind.UP;
  private long kindSinceNanos;
  private String reason = "";

  /**
   * A webhook that is taken to be up.
   *
   * @param settings its bounds
   * @param nanoTime a monotonic clock, {@link System#nanoTime}
   */
  public FlowControl(FlowSettings settings, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    long now = nanoTime.getAsLong();
    this.lanes = new Lanes(settings, now);
    this.liveness = new Liveness(settings);
    this.concurrency = new ConcurrencyLimit(settings.ceiling(), now);
    this.rate = new RateLimit(now);
    this.drought = new Drought(settings.maxPause(), now);
    this.kindSinceNanos = now;
    if (settings.ratePerSecond() > 0) {
      operators.setRate(settings.ratePerSecond(), now);
    }
  }

  /**
   * The permission for one attempt now, or null if there is none.
   *
   * @param eventId which event is sent: several attempts of one event say less than one of several
   * @param isRetry whether the event was sent to this webhook before: while fresh ones are held
   *     back, retries get at most a quarter of the permissions. Whoever has both should ask for a
   *     retry first every fourth time, so that these are not starved either.
   */
  public @Nullable Permit tryAcquire(long eventId, boolean isRetry) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (isPermitted(isRetry, now)) {
        return permit(eventId, isRetry, now);
      }
      if (!isRetry) {
        lanes.freshWaits(now);
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** A permission whatever the state is. The caller has the lock. */
  Permit permit(long eventId, boolean isRetry, long now) {
    boolean isProbe = liveness.isDown();
    if (isProbe) {
      liveness.probes(now);
    }
    operators.take(now);
    rate.pacer().take(now);
    droughtPacer.take(now);
    Permit permit = new Permit(this, eventId, isRetry, now);
    permit.isProbe = isProbe;
    lanes.add(permit, now);
    concurrency.begins(permit);
    rate.phase().begins(permit, !drought.isOn() && lanes.isTelling(permit, now));
    return permit;
  }

  private boolean isPermitted(boolean isRetry, long now) {
    if (drought.isPaused(now) || !operators.hasToken(now)) {
      return false;
    }
    if (liveness.isDown()) {
      return liveness.isProbeDue(now);
    }
    lanes.look(now);
    if (!lanes.hasRoom(isRetry, concurrency.limit(), now)) {
      return false;
    }
    if (!rate.pacer().hasToken(now)) {
      rate.phase().holds();
      return false;
    }
    return droughtPacer.hasToken(now);
  }

  /** Ends an attempt; without a signal nothing was sent. */
  void end(Permit permit, @Nullable Signal signal) {
    lock.lock();
    try {
      if (permit.isEnded) {
        return;
      }
      permit.isEnded = true;
      int counted = lanes.counted();
      lanes.remove(permit);
      long now = nanoTime.getAsLong();
      if (signal == null) {
        takeBack(permit, now);
      } else {
        learn(permit, signal, counted, now);
      }
      become(now);
    } finally {
      lock.unlock();
    }
  }

  private void takeBack(Permit permit, long now) {
    operators.giveBack();
    rate.pacer().giveBack();
    droughtPacer.giveBack();
    rate.phase().cancelled(permit);
    if (liveness.isDown()) {
      liveness.probeCancelled(now);
    }
  }

  private void learn(Permit permit, Signal signal, int counted, long now) {
    Signal.Kind came = signal.kind();
    if (!came.isLife()) {
      liveness.silent(permit.eventId, now);
    } else if (liveness.alive()) {
      drought.restart(now);
      concurrency.restart(now);
      rate.restart(now);
    }
    if (!lanes.hasHung(permit, now)) {
      boolean isPaced = rate.phase().isPaced() || drought.isOn();
      concurrency.ended(permit, came, counted, isPaced, lanes.latencyNanos(), now);
      boolean isFull = counted >= FULL * concurrency.limit();
      rate.ended(permit, came, isFull, lanes.latencyNanos(), now);
    }
    if (came.isAnswered()) {
      lanes.answered(permit, now);
      endDrought(permit, now);
    } else {
      reason = signal.reason();
      if (!permit.isHanging && lanes.isTelling(permit, now)) {
        beginDrought(permit, signal, now);
      }
    }
    if (droughtPacer.ratePerSecond() != drought.cap()) {
      droughtPacer.setRate(drought.cap(), now);
    }
  }

  private void endDrought(Permit permit, long now) {
    boolean isThrottled = drought.isThrottled();
    boolean hasPaused = drought.hasPaused();
    double takes = drought.accepted(permit, now);
    if (takes != Drought.UNKNOWN) {
      rate.takes(takes, isThrottled, now);
      if (hasPaused) {
        rate.again(now);
      }
    }
  }

  private void beginDrought(Permit permit, Signal signal, long now) {
    boolean wasPaused = drought.isPaused(now);
    double sending = rate.phase().rate(now);
    double takes = drought.failed(permit, signal, rate.usual(), sending, lanes.latencyNanos(), now);
    if (wasPaused || !drought.isPaused(now)) {
      return;
    }
    if (takes == Drought.UNKNOWN) {
      rate.restart(now);
    } else {
      rate.takes(takes, drought.isThrottled(), now);
    }
  }

  /**
   * How long until time alone may bring a permission; 0 if there may be one now, {@link
   * Long#MAX_VALUE} if only the end of an attempt can bring one.
   *
   * @param isRetry for an event that was sent before
   */
  public long nanosUntilNext(boolean isRetry) {
    lock.lock();
    try {
      return nanosUntilNext(isRetry, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private long nanosUntilNext(boolean isRetry, long now) {
    long wait = operators.nanosUntilToken(now);
    if (drought.isPaused(now)) {
      return Math.max(wait, drought.pausedUntilNanos() - now);
    }
    if (liveness.isDown()) {
      return Math.max(wait, liveness.nanosUntilProbe(now));
    }
    lanes.look(now);
    wait = Math.max(wait, rate.pacer().nanosUntilToken(now));
    wait = Math.max(wait, droughtPacer.nanosUntilToken(now));
    return Math.max(wait, lanes.nanosUntilRoom(isRetry, concurrency.limit(), now));
  }

  /**
   * How many attempts may be in flight now, with those that hang: 0 while it is paused or down, 1
   * if a probe is due.
   */
  public int limit() {
    lock.lock();
    try {
      return limit(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** Has the next probe be due now, if the webhook is down; returns whether it is. */
  public boolean probeNow() {
    lock.lock();
    try {
      if (liveness.isDown()) {
        liveness.probeCancelled(nanoTime.getAsLong());
      }
      return liveness.isDown();
    } finally {
      lock.unlock();
    }
  }

  /** How many attempts are in flight, with those that hang. */
  public int inFlight() {
    lock.lock();
    try {
      return lanes.counted() + lanes.hanging();
    } finally {
      lock.unlock();
    }
  }

  private int limit(long now) {
    if (drought.isPaused(now)) {
      return 0;
    }
    if (liveness.isDown()) {
      return liveness.isProbeDue(now) ? 1 : 0;
    }
    lanes.look(now);
    return concurrency.limit() + lanes.hanging();
  }

  /** What the webhook is like at present. */
  public FlowState state() {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      become(now);
      boolean isTimed = kind == FlowState.Kind.PAUSED || kind == FlowState.Kind.DOWN;
      return new FlowState(
          kind,
          Duration.ofNanos(now - kindSinceNanos),
          isTimed ? Duration.ofNanos(nanosUntilNext(false, now)) : null,
          reason,
          limit(now),
          Math.min(operators.ratePerSecond(), rate.pacer().ratePerSecond()));
    } finally {
      lock.unlock();
    }
  }

  private void become(long now) {
    FlowState.Kind next = FlowState.Kind.UP;
    if (drought.isPaused(now)) {
      next = FlowState.Kind.PAUSED;
    } else if (liveness.isDown()) {
      next = FlowState.Kind.DOWN;
    } else if (rate.isLimited()) {
      next = FlowState.Kind.LIMITED;
    }
    if (next != kind) {
      kind = next;
      kindSinceNanos = now;
    }
  }
}
