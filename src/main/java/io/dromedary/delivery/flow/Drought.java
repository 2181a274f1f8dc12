package io.dromedary.delivery.flow;

import java.time.Duration;

/**
 * A time in which nothing is accepted. Each few attempts that fail, of those that began since the
 * last step, halve the rate, down to one a second. When the receiver asks for a pause then, or at a
 * rate so low that hardly anything was accepted before, it gets one. The first acceptance ends the
 * drought, and what was accepted since the end of the one before it, over the whole time, is the
 * rate that the receiver takes.
 *
 * <p>Not thread-safe.
 */
final class Drought {

  /** Nothing is known of what the receiver takes. */
  static final double UNKNOWN = Double.POSITIVE_INFINITY;

  private static final int FEWEST = 10;

  /** Of the failures that usually lie between two acceptances: chance hardly brings as many. */
  private static final int USUAL_TIMES = 12;

  /** A drought of fewer steps may be chance. */
  private static final int STEPS_THAT_COUNT = 2;

  /** Where that share gets through usually, so many failures in a row are no chance. */
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

  /** Whether the rate is held down. */
  boolean isOn() {
    return cap != Double.POSITIVE_INFINITY;
  }

  /** Attempts a second while it lasts; infinity where there is none. */
  double cap() {
    return cap;
  }

  boolean isPaused(long now) {
    if (isPaused && now - pausedUntilNanos >= 0) {
      isPaused = false;
    }
    return isPaused;
  }

  /** Whether there was a pause since it began. */
  boolean hasPaused() {
    return hasPaused;
  }

  long pausedUntilNanos() {
    return pausedUntilNanos;
  }

  /** Whether mostly 429s have ended what was accepted. */
  boolean isThrottled() {
    return throttled * 2 > failures;
  }

  /**
   * An attempt was accepted, or rejected for good. Returns attempts a second that the receiver
   * takes if this ends a drought, else {@link #UNKNOWN}.
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

  /** Ends a drought. */
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
   * An attempt failed. Returns attempts a second that the receiver takes, with the pause, if this
   * begins one and enough was accepted before to tell; else {@link #UNKNOWN}.
   *
   * @param usual what share of the attempts usually gets through
   * @param sendingRate attempts a second at present
   * @param tookNanos what attempts usually take
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
    // Where attempts fail by chance they often do so sooner than others get through.
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
