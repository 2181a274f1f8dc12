package io.dromedary.delivery.flow;

import org.jspecify.annotations.Nullable;

/**
 * The permission for one attempt. The caller must end it by {@link #ended} or {@link #cancelled},
 * on any thread. Only the first call has an effect.
 */
public final class Permit {

  private final FlowControl control;
  final long eventId;
  final boolean isRetry;
  final long startNanos;

  /** Neighbours in the list of attempts in flight, by start; guarded by the lock of the control. */
  @Nullable Permit before;

  @Nullable Permit after;
  boolean isHanging;

  /** Whether the webhook was down when the permit was given. */
  boolean isProbe;

  /**
   * The sample of the concurrency limit and the phase of the rate limit in which the attempt began.
   */
  @Nullable Sample sample;

  @Nullable Phase phase;

  /** Whether the outcome says something about the load. */
  boolean isTelling;

  boolean isEnded;

  Permit(FlowControl control, long eventId, boolean isRetry, long startNanos) {
    this.control = control;
    this.eventId = eventId;
    this.isRetry = isRetry;
    this.startNanos = startNanos;
  }

  /** Returns whether the attempt is a probe of a webhook that is down. */
  public boolean isProbe() {
    return isProbe;
  }

  /** Records the outcome of the attempt. */
  public void ended(Signal signal) {
    control.end(this, signal);
  }

  /** Gives the permit back as if it had never been given, because nothing was sent. */
  public void cancelled() {
    control.end(this, null);
  }
}
