package io.dromedary.delivery.flow;

import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How much may be sent to one webhook at present. Each attempt needs a {@link Permit}, and what
 * comes of it decides about the next ones.
 *
 * <p>Thread-safe, without a thread of its own: time passes when somebody asks.
 */
public final class FlowControl {

  /** Beyond this time an attempt hangs, if it also takes many times as long as others. */
  private static final long HANGING_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int HANGING_TIMES = 8;

  /** For so long after a fresh event was refused, retries may take only a share. */
  private static final long FRESH_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

  private static final int RETRY_SHARE = 4;

  private final FlowSettings settings;
  private final LongSupplier nanoTime;
  private final ReentrantLock lock = new ReentrantLock();
  private final InFlight inFlight;
  private final Liveness liveness;
  private final Pacer operators = new Pacer();

  private FlowState.Kind kind = FlowState.Kind.UP;
  private long kindSinceNanos;
  private String reason = "";
  private double latencyNanos;
  private long lastAnsweredNanos;
  private boolean isPaused;
  private long pausedUntilNanos;
  private boolean hasFreshWaited;
  private long freshWaitedNanos;

  /**
   * A webhook that is taken to be up.
   *
   * @param settings its bounds
   * @param nanoTime a monotonic clock, {@link System#nanoTime}
   */
  public FlowControl(FlowSettings settings, LongSupplier nanoTime) {
    this.settings = settings;
    this.nanoTime = nanoTime;
    this.inFlight = new InFlight(settings.mostInFlight());
    this.liveness = new Liveness(settings);
    long now = nanoTime.getAsLong();
    this.kindSinceNanos = now;
    this.lastAnsweredNanos = now - FRESH_WAIT_NANOS;
    if (settings.ratePerSecond() > 0) {
      operators.setRate(settings.ratePerSecond(), now);
    }
  }

  /**
   * The permission for one attempt now, or null if there is none.
   *
   * @param eventId which event is sent: several attempts of one event say less than one of several
   * @param isRetry whether the event was sent to this webhook before; fresh ones go first
   */
  public @Nullable Permit tryAcquire(long eventId, boolean isRetry) {
    lock.lock();
    try {
      long now = nanoTime.getAsLong();
      if (isPermitted(isRetry, now)) {
        return permit(eventId, isRetry, now);
      }
      if (!isRetry) {
        hasFreshWaited = true;
        freshWaitedNanos = now;
      }
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** A permission whatever the state, for an attempt that cannot be made later. */
  public Permit acquireAnyway(long eventId, boolean isRetry) {
    lock.lock();
    try {
      return permit(eventId, isRetry, nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private Permit permit(long eventId, boolean isRetry, long now) {
    if (liveness.isDown()) {
      liveness.probes(now);
    }
    operators.take(now);
    Permit permit = new Permit(this, eventId, isRetry, now);
    inFlight.add(permit);
    return permit;
  }

  private boolean isPermitted(boolean isRetry, long now) {
    if (isPaused(now) || !operators.hasToken(now)) {
      return false;
    }
    if (liveness.isDown()) {
      return liveness.isProbeDue(now);
    }
    int limit = attempts(now);
    if (inFlight.counted() >= limit) {
      return false;
    }
    return !isRetry
        || !hasFreshWaited
        || now - freshWaitedNanos > FRESH_WAIT_NANOS
        || inFlight.retries() < Math.max(1, limit / RETRY_SHARE);
  }

  /** How many attempts may be in flight without those that hang. */
  private int attempts(long now) {
    if (now - lastAnsweredNanos < hangingNanos()) {
      inFlight.hangBefore(now - hangingNanos());
    }
    return settings.ceiling();
  }

  private long hangingNanos() {
    return Math.max(HANGING_NANOS, (long) (HANGING_TIMES * latencyNanos));
  }

  private boolean isPaused(long now) {
    if (isPaused && now - pausedUntilNanos >= 0) {
      isPaused = false;
    }
    return isPaused;
  }

  /** Ends an attempt; without a signal nothing was sent. */
  void end(Permit permit, @Nullable Signal signal) {
    lock.lock();
    try {
      if (permit.isEnded) {
        return;
      }
      permit.isEnded = true;
      inFlight.remove(permit);
      long now = nanoTime.getAsLong();
      if (signal == null) {
        operators.giveBack();
        if (liveness.isDown()) {
          liveness.probeCancelled(now);
        }
        return;
      }
      learn(permit, signal, now);
      become(now);
    } finally {
      lock.unlock();
    }
  }

  private void learn(Permit permit, Signal signal, long now) {
    Signal.Kind came = signal.kind();
    if (came.isAnswered()) {
      long took = now - permit.startNanos;
      latencyNanos = latencyNanos == 0 ? took : latencyNanos + (took - latencyNanos) / 16;
      lastAnsweredNanos = now;
      isPaused = false;
    } else {
      reason = signal.reason();
    }
    if (came.isLife()) {
      liveness.alive();
    } else {
      liveness.silent(permit.eventId, now);
    }
    if (signal.retryAfterNanos() > 0 && now - lastAnsweredNanos >= FRESH_WAIT_NANOS) {
      pausedUntilNanos = now + Math.min(signal.retryAfterNanos(), settings.maxPause().toNanos());
      isPaused = true;
    }
  }

  /**
   * How long until time alone may bring a permission; 0 if there may be one now, {@link
   * Long#MAX_VALUE} if only the end of an attempt can bring one.
   */
  public long nanosUntilNext() {
    lock.lock();
    try {
      return nanosUntilNext(nanoTime.getAsLong());
    } finally {
      lock.unlock();
    }
  }

  private long nanosUntilNext(long now) {
    long wait = operators.nanosUntilToken(now);
    if (isPaused(now)) {
      return Math.max(wait, pausedUntilNanos - now);
    }
    if (liveness.isDown()) {
      return Math.max(wait, liveness.nanosUntilProbe(now));
    }
    if (inFlight.counted() < attempts(now)) {
      return wait;
    }
    Long oldest = inFlight.oldestStart();
    return oldest == null
        ? Long.MAX_VALUE
        : Math.max(wait, Math.max(1, oldest + hangingNanos() - now));
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

  private int limit(long now) {
    if (isPaused(now)) {
      return 0;
    }
    if (liveness.isDown()) {
      return liveness.isProbeDue(now) ? 1 : 0;
    }
    return attempts(now) + inFlight.hanging();
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
          isTimed ? Duration.ofNanos(nanosUntilNext(now)) : null,
          reason,
          limit(now),
          operators.ratePerSecond());
    } finally {
      lock.unlock();
    }
  }

  private void become(long now) {
    FlowState.Kind next =
        isPaused(now)
            ? FlowState.Kind.PAUSED
            : liveness.isDown() ? FlowState.Kind.DOWN : FlowState.Kind.UP;
    if (next != kind) {
      kind = next;
      kindSinceNanos = now;
    }
  }
}
