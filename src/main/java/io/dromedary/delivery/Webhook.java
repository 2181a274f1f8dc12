package io.dromedary.delivery;

import io.dromedary.alert.WebhookSnapshot;
import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.ConnectionFigures;
import io.dromedary.delivery.attempt.Outcome;
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
 * A webhook of a destination, with its flow control and its counters. Thread-safe except where
 * noted.
 */
public final class Webhook {

  private final String name;
  private final String key;
  private final String uri;
  private final Attempts attempts;
  private final FlowControl flow;
  private final WebhookLog log;

  /** The class of the last attempt that it did not accept. */
  private volatile @Nullable AttemptClass lastFailure;

  /** Used only by the thread that asks whether the webhook has reopened. */
  private boolean isKnownClosed;

  private final Map<Outcome.Kind, Map<AttemptClass, LongAdder>> ended =
      new EnumMap<>(Outcome.Kind.class);

  /**
   * Creates a webhook.
   *
   * @param name the part of its URL that may be shown, without path and query, which often hold a
   *     secret
   * @param key identifies it in the outbox across restarts: the same for the same URL
   * @param uri the URI of the attempts' endpoint
   * @param attempts makes the attempts
   */
  public Webhook(
      String name, String key, String uri, Attempts attempts, FlowControl flow, WebhookLog log) {
    this.name = name;
    this.key = key;
    this.uri = uri;
    this.attempts = attempts;
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

  public String name() {
    return name;
  }

  String key() {
    return key;
  }

  String uri() {
    return uri;
  }

  public FlowControl flow() {
    return flow;
  }

  public WebhookLog log() {
    return log;
  }

  /** Returns whether the webhook is down or paused, so that it gets only a probe now and then. */
  boolean isClosed() {
    return isClosed(flow.state());
  }

  private static boolean isClosed(FlowState state) {
    return state.kind() == FlowState.Kind.DOWN || state.kind() == FlowState.Kind.PAUSED;
  }

  /**
   * Returns whether the webhook was down or paused at the last call and is not now. Not
   * thread-safe.
   */
  public boolean hasReopened() {
    boolean wasClosed = isKnownClosed;
    isKnownClosed = isClosed();
    return wasClosed && !isKnownClosed;
  }

  /** Returns the instant until which the webhook is down or paused, or null if it is open. */
  @Nullable Instant closedUntil(Instant now) {
    FlowState state = flow.state();
    return isClosed(state) && state.untilNext() != null ? now.plus(state.untilNext()) : null;
  }

  /** Returns the counter of attempts with this outcome. */
  public LongAdder ended(Outcome.Kind kind, AttemptClass attemptClass) {
    return Objects.requireNonNull(Objects.requireNonNull(ended.get(kind)).get(attemptClass));
  }

  /** Returns the facts that alerts need about this webhook. */
  WebhookSnapshot snapshot(int number) {
    FlowState state = flow.state();
    AttemptClass failure = lastFailure;
    ConnectionFigures connections = attempts.connections();
    return new WebhookSnapshot(
        number,
        state.kind() == FlowState.Kind.DOWN,
        state.lasting(),
        ended(Outcome.Kind.ACCEPTED, AttemptClass.ACCEPTED).sum(),
        count(Outcome.Kind.TEMPORARY) + count(Outcome.Kind.PERMANENT),
        failure == null ? null : failure.label(),
        connections == null ? Double.NaN : connections.certificateExpirySeconds());
  }

  private long count(Outcome.Kind kind) {
    return Objects.requireNonNull(ended.get(kind)).values().stream()
        .mapToLong(LongAdder::sum)
        .sum();
  }

  /** Returns what makes the attempts at this webhook. */
  public Attempts attempts() {
    return attempts;
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
