package io.dromedary.delivery;

import io.dromedary.alert.WebhookSight;
import io.dromedary.delivery.flow.FlowControl;
import io.dromedary.delivery.flow.FlowState;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One URL of a destination, and how much it may be sent at present. Thread-safe but for what says
 * so.
 */
final class Webhook {

  private final String name;
  private final String key;
  private final String uri;
  private final Attempts made;
  private final FlowControl flow;
  private final WebhookLog log;

  /** The class of the last attempt that it has not accepted. */
  private volatile @Nullable AttemptClass lastFailure;

  /** Of the thread that asks whether it has reopened. */
  private boolean isKnownClosed;

  private final Map<Outcome.Kind, Map<AttemptClass, LongAdder>> ended =
      new EnumMap<>(Outcome.Kind.class);

  /**
   * A webhook.
   *
   * @param name what may be shown of it: no path and no query, which often hold a secret
   * @param key by which the outbox knows it again after a restart: the same for the same URL
   * @param uri the endpoint of the attempts
   * @param made makes them
   */
  Webhook(String name, String key, String uri, Attempts made, FlowControl flow, WebhookLog log) {
    this.name = name;
    this.key = key;
    this.uri = uri;
    this.made = made;
    this.flow = flow;
    this.log = log;
    for (Outcome.Kind kind : Outcome.Kind.values()) {
      Map<AttemptClass, LongAdder> classes = new EnumMap<>(AttemptClass.class);
      for (AttemptClass each : AttemptClass.values()) {
        classes.put(each, new LongAdder());
      }
      ended.put(kind, classes);
    }
  }

  String name() {
    return name;
  }

  String key() {
    return key;
  }

  String uri() {
    return uri;
  }

  FlowControl flow() {
    return flow;
  }

  WebhookLog log() {
    return log;
  }

  /** Whether it is down or paused, so that nothing is sent to it but a probe now and then. */
  boolean isClosed() {
    return isClosed(flow.state());
  }

  private static boolean isClosed(FlowState state) {
    return state.kind() == FlowState.Kind.DOWN || state.kind() == FlowState.Kind.PAUSED;
  }

  /** Whether it was down or paused when this was last asked, and is not now. Not thread-safe. */
  boolean hasReopened() {
    boolean wasClosed = isKnownClosed;
    isKnownClosed = isClosed();
    return wasClosed && !isKnownClosed;
  }

  /** The instant until which it is down or paused, or null if it is not. */
  @Nullable Instant closedUntil(Instant now) {
    FlowState state = flow.state();
    return isClosed(state) && state.untilNext() != null ? now.plus(state.untilNext()) : null;
  }

  /** How many attempts have ended so. */
  LongAdder ended(Outcome.Kind kind, AttemptClass attemptClass) {
    return Objects.requireNonNull(Objects.requireNonNull(ended.get(kind)).get(attemptClass));
  }

  /** What alerts are told of it. */
  WebhookSight sight(int number) {
    FlowState state = flow.state();
    AttemptClass failure = lastFailure;
    ConnectionFigures connections = made.connections();
    return new WebhookSight(
        number,
        state.kind() == FlowState.Kind.DOWN,
        state.lasting(),
        ended(Outcome.Kind.ACCEPTED, AttemptClass.ACCEPTED).sum(),
        attempts(Outcome.Kind.TEMPORARY) + attempts(Outcome.Kind.PERMANENT),
        failure == null ? null : failure.label(),
        connections == null ? Double.NaN : connections.certificateExpirySeconds());
  }

  private long attempts(Outcome.Kind kind) {
    return Objects.requireNonNull(ended.get(kind)).values().stream()
        .mapToLong(LongAdder::sum)
        .sum();
  }

  /** Makes the attempts. */
  Attempts made() {
    return made;
  }

  /** Counts an attempt that has ended. */
  void report(Delivery delivery, Outcome outcome, Duration took) {
    ended(outcome.kind(), outcome.attemptClass()).increment();
    if (outcome.kind() != Outcome.Kind.ACCEPTED) {
      lastFailure = outcome.attemptClass();
    }
    log.ended(delivery, outcome, took);
  }
}
