package io.dromedary.delivery.flow;

import org.jspecify.annotations.Nullable;

/**
 * The permission for one attempt. It has to be ended, by {@link #ended} or {@link #cancelled}, on
 * whichever thread: only the first call counts.
 */
public final class Permit {

  private final FlowControl control;
  final long eventId;
  final boolean isRetry;
  final long startNanos;

  /** Neighbours in the list of what is in flight, by start; guarded by the lock of the control. */
  @Nullable Permit before;

  @Nullable Permit after;
  boolean isHanging;

  /** Whether the webhook was down when it was given. */
  boolean isProbe;

  /** In which sample of the concurrency limit, and phase of the rate limit, the attempt began. */
  @Nullable Sample sample;

  @Nullable Phase phase;

  /** Whether what comes of it says something about the load. */
  boolean isTelling;

  boolean isEnded;

  Permit(FlowControl control, long eventId, boolean isRetry, long startNanos) {
    this.control = control;
    this.eventId = eventId;
    this.isRetry = isRetry;
    this.startNanos = startNanos;
  }

  /** Whether the attempt is a probe of a webhook that is down. */
  public boolean isProbe() {
    return isProbe;
  }

  /** The attempt has ended. */
  public void ended(Signal signal) {
    control.end(this, signal);
  }

  /** Nothing was sent: the permission goes back as if it had not been given. */
  public void cancelled() {
    control.end(this, null);
  }
}
