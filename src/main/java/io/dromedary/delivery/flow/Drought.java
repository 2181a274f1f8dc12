package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * Slows attempts down while the receiver accepts nothing. Every few failures of attempts that began
 * after the last step halve the rate, down to one attempt a second. If the receiver asks for a
 * pause in that time, or while the rate is so low that it hardly accepted anything before, it gets
 * one. The first acceptance ends the drought. The events accepted since the end of the previous
 * drought, divided by the whole time between the two ends, are the rate that the receiver can take.
 *
 * <p>Not thread-safe.
 */
final class Drought {

  /** The receiver's rate is not known. */
  static final double UNKNOWN = Double.POSITIVE_INFINITY;

  private static final int FEWEST = 10;

  /**
   * A multiple of the failures that usually lie between two acceptances; chance rarely exceeds it.
   */
  private static final int USUAL_TIMES = 12;

  /** A drought with fewer steps may be due to chance. */
  private static final int STEPS_THAT_COUNT = 2;

  /** If the usual share is at least this, a row of failures cannot be chance. */
  private static final double NEARLY_ALL = 0.97;

  private static final double LATENCIES = 1.5;
  private static final int STEPS_TO_PAUSE = 4;
  private static final long QUIET_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long LONGEST_CYCLE_NANOS = Duration.ofMinutes(2).toNanos();

  private final long maxPauseNanos;
  private int failures;
  private int steps;
  private long stepNanos;
  private double cap = Double.POSITIVE_INFINITY;
  private boolean isPaused;
  private boolean hasPaused;
  private long pausedUntilNanos;
  private long acceptedNanos;
  private long cycleSinceNanos;
  private double cycleAccepted;
  private int throttled;

  Drought(Duration maxPause, long now) {
    this.maxPauseNanos = maxPause.toNanos();
    this.acceptedNanos = now - QUIET_NANOS;
    this.cycleSinceNanos = now;
    this.stepNanos = now;
  }

  /** Returns whether the rate is reduced. */
  boolean isOn() {
    return cap != Double.POSITIVE_INFINITY;
  }

  /** Returns the attempts allowed per second during the drought, or infinity if there is none. */
  double cap() {
    return cap;
  }

  boolean isPaused(long now) {
    if (isPaused && now - pausedUntilNanos >= 0) {
      isPaused = false;
    }
    return isPaused;
  }

  /** Returns whether there was a pause since the drought began. */
  boolean hasPaused() {
    return hasPaused;
  }

  long pausedUntilNanos() {
    return pausedUntilNanos;
  }

  /** Returns whether most of the failures were 429s. */
  boolean isThrottled() {
    return throttled * 2 > failures;
  }

  /**
   * Records an attempt that was accepted, or rejected for good. If this ends a drought, returns the
   * attempts per second that the receiver can take, otherwise {@link #UNKNOWN}.
   */
  double accepted(Permit permit, long now) {
    acceptedNanos = now;
    cycleAccepted++;
    double taken = UNKNOWN;
    if (steps > 0 && permit.startNanos - stepNanos >= 0) {
      if (steps >= STEPS_THAT_COUNT) {
        taken = cycleAccepted * 1e9 / (double) Math.max(1, now - cycleSinceNanos);
        restart(now);
      } else {
        end();
      }
    } else if (now - cycleSinceNanos > LONGEST_CYCLE_NANOS) {
      cycleSinceNanos += LONGEST_CYCLE_NANOS / 2;
      cycleAccepted /= 2;
    }
    if (steps == 0) {
      failures = 0;
      throttled = 0;
    }
    return taken;
  }

  /** Ends a drought and starts counting acceptances anew. */
  void restart(long now) {
    end();
    cycleSinceNanos = now;
    cycleAccepted = 0;
  }

  private void end() {
    steps = 0;
    failures = 0;
    throttled = 0;
    cap = Double.POSITIVE_INFINITY;
    isPaused = false;
    hasPaused = false;
  }

  /**
   * Records a failed attempt. If this begins a pause and enough was accepted before to tell,
   * returns the attempts per second that the receiver can take, with the pause included in the
   * time. Otherwise returns {@link #UNKNOWN}.
   *
   * @param usual the share of attempts that usually gets through
   * @param sendingRate the present number of attempts per second
   * @param tookNanos the usual duration of an attempt
   */
  double failed(
      Permit permit, Signal signal, double usual, double sendingRate, double tookNanos, long now) {
    if (steps > 0 && permit.startNanos - stepNanos < 0) {
      return UNKNOWN;
    }
    failures++;
    boolean isThrottled = signal.kind() == Signal.Kind.THROTTLED;
    if (isThrottled) {
      throttled++;
    }
    double most = FEWEST + USUAL_TIMES * (1 - usual) / Math.max(usual, 0.01);
    // Random failures are often faster than successes: allow time for a success to arrive.
    boolean isTold = usual >= NEARLY_ALL || now - acceptedNanos >= LATENCIES * tookNanos;
    if (isTold && failures >= most * (steps == 0 ? 1 : 1 + 0.5 * steps)) {
      cap = Math.max(1, Math.min(cap, sendingRate) / 2);
      steps++;
      stepNanos = now;
    }
    boolean isQuiet =
        failures >= (isThrottled ? 1 : 3)
            && now - acceptedNanos >= Math.max((double) QUIET_NANOS, 2 * tookNanos);
    if (signal.retryAfterNanos() > 0 && (isQuiet || steps >= STEPS_TO_PAUSE)) {
      if (steps < STEPS_THAT_COUNT) {
        steps = STEPS_THAT_COUNT;
        stepNanos = now;
      }
      isPaused = true;
      hasPaused = true;
      pausedUntilNanos = now + Math.min(signal.retryAfterNanos(), maxPauseNanos);
      if (cycleAccepted >= FEWEST) {
        return cycleAccepted * 1e9 / (double) (pausedUntilNanos - cycleSinceNanos);
      }
    }
    return UNKNOWN;
  }
}
