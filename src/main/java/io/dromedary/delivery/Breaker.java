package io.dromedary.delivery;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The circuit breaker of one webhook. It opens when, at the end of an attempt, at least half of the
 * last 20 failed, once there have been 10. It is open for 5 s, then lets one attempt through, the
 * probe: if that succeeds it closes and forgets all attempts, else it is open again for twice as
 * long, 60 s at most.
 *
 * <p>A temporary failure is a failure. An event that was accepted or rejected for good is a
 * success: whoever answers 400 is alive. The caller decides, and ends each permission it has taken
 * with exactly one of {@link #accepted()}, {@link #failed()} and {@link #release()}, on whichever
 * thread; a permission that never ends would keep an open breaker from probing.
 *
 * <p>Thread-safe, without a thread of its own: time passes when somebody asks.
 */
final class Breaker {

  private static final int WINDOW = 20;
  private static final int FEWEST = 10;
  private static final float FAILED_PERCENT = 50;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(60);
  private static final IntervalFunction WAIT_MILLIS =
      IntervalFunction.ofExponentialBackoff(Duration.ofSeconds(5), 2, LONGEST_WAIT);

  private final Clock clock;
  private final CircuitBreaker breaker;

  /**
   * How many permissions have not ended. The breaker would take any outcome for that of its probe,
   * and attempts that hang end about when the first probe goes out. So it only goes out when no
   * other attempt is under way.
   */
  private final AtomicInteger underWay = new AtomicInteger();

  /** The end of the latest wait; written before the breaker is seen to be open. */
  private volatile Instant waitEnd = Instant.EPOCH;

  Breaker(Clock clock) {
    this.clock = clock;
    this.breaker =
        CircuitBreaker.of(
            "webhook",
            CircuitBreakerConfig.custom()
                .clock(clock)
                .slidingWindowSize(WINDOW)
                .minimumNumberOfCalls(FEWEST)
                .failureRateThreshold(FAILED_PERCENT)
                .waitIntervalFunctionInOpenState(this::open)
                .permittedNumberOfCallsInHalfOpenState(1)
                .build());
  }

  /** The breaker opens, for the so many-th time since it was closed. */
  private long open(int openings) {
    long millis = WAIT_MILLIS.apply(openings);
    waitEnd = clock.instant().plusMillis(millis);
    return millis;
  }

  /** Takes the permission for an attempt that is made now; false where there is none. */
  boolean tryAcquire() {
    if (breaker.getState() != State.CLOSED) {
      return tryProbe();
    }
    underWay.incrementAndGet();
    // It may have opened before the attempt was counted, and its probe be on the way.
    if (breaker.getState() == State.CLOSED) {
      return true;
    }
    underWay.decrementAndGet();
    return false;
  }

  private boolean tryProbe() {
    if (isOpen() || !underWay.compareAndSet(0, 1)) {
      return false;
    }
    // Nobody else probes now, but another probe may have ended since we looked.
    if (!isOpen()) {
      if (breaker.getState() == State.OPEN) {
        // Not left to the breaker, which knows the wait only by a clock that may be set back.
        breaker.transitionToHalfOpenState();
      }
      if (breaker.tryAcquirePermission()) {
        return true;
      }
    }
    underWay.decrementAndGet();
    return false;
  }

  /** The attempt has shown that the receiver is alive. */
  void accepted() {
    breaker.onSuccess(0, NANOSECONDS);
    underWay.decrementAndGet();
  }

  /** The attempt has failed in a way that may pass. */
  void failed() {
    breaker.onError(0, NANOSECONDS, new Failure());
    underWay.decrementAndGet();
  }

  /** The attempt was not made: another may be, in its stead. */
  void release() {
    breaker.releasePermission();
    underWay.decrementAndGet();
  }

  /**
   * Whether it is open and has to wait. False while a probe is under way, although no other attempt
   * is permitted then.
   */
  boolean isOpen() {
    return openUntil() != null;
  }

  /** While it is open, the instant from which on a probe may go out; else null. */
  @Nullable Instant openUntil() {
    if (breaker.getState() != State.OPEN) {
      return null;
    }
    Instant end = waitEnd;
    Instant now = clock.instant();
    // A clock that was set back must not make the wait longer than it can be.
    return now.isBefore(end) && !end.isAfter(now.plus(LONGEST_WAIT)) ? end : null;
  }

  /** What the library wants to be told of a failure. Carries no stack: it is a signal. */
  private static final class Failure extends Exception {

    private static final long serialVersionUID = 1L;

    Failure() {
      super("a temporary failure", null, false, false);
    }
  }
}
