package io.dromedary.delivery.flow;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits how much is sent to one webhook. Each attempt needs a {@link Permit}, and its outcome
 * adjusts the limits: a circuit breaker ({@link Liveness}), the number of attempts in flight
 * ({@link ConcurrencyLimit}), the attempts per second ({@link RateLimit}), and a lower rate while
 * nothing is accepted ({@link Drought}).
 *
 * <p>Thread-safe. It has no thread of its own: time-dependent state is updated when a method is
 * called.
 */
public final class FlowControl {

  /** From this share of the concurrency limit on, that limit counts as the one in effect. */
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
   * Creates a flow control for a webhook that is assumed to be up.
   *
   * @param settings its bounds
   * @param nanoTime a monotonic clock such as {@link System#nanoTime}
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
   * Returns a permit for one attempt now, or null if none is available.
   *
   * @param eventId the event to send: failures of one event count less than failures of several
   * @param isRetry whether the event was sent to this webhook before. While fresh events wait,
   *     retries get at most a quarter of the permits. Callers that have both should ask for a retry
   *     first every fourth time, so that retries are not starved.
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

  /** Returns a permit regardless of the state. The caller must hold the lock. */
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

  /** Ends an attempt. A null signal means that nothing was sent. */
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
    Signal.Kind outcome = signal.kind();
    if (!outcome.isLife()) {
      liveness.silent(permit.eventId, now);
    } else if (liveness.alive()) {
      drought.restart(now);
      concurrency.restart(now);
      rate.restart(now);
    }
    if (!lanes.hasHung(permit, now)) {
      boolean isPaced = rate.phase().isPaced() || drought.isOn();
      concurrency.ended(permit, outcome, counted, isPaced, lanes.latencyNanos(), now);
      boolean isFull = counted >= FULL * concurrency.limit();
      rate.ended(permit, outcome, isFull, lanes.latencyNanos(), now);
    }
    if (outcome.isAnswered()) {
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
   * Returns the time until a permit may become available without an attempt ending: 0 if one may be
   * available now, {@link Long#MAX_VALUE} if an attempt has to end first.
   *
   * @param isRetry whether the permit is for an event that was sent before
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
   * Returns how many attempts may be in flight now, including attempts that hang: 0 while the
   * webhook is paused or down, 1 if a probe is due.
   */
  public int limit() {
    lock.lock();
    try {
      return limit(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  /** Makes the next probe due now if the webhook is down; returns whether it is down. */
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

  /** Returns the number of attempts in flight, including attempts that hang. */
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

  /** Returns the present state of the webhook. */
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
