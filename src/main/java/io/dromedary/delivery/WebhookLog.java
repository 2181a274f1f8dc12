package io.dromedary.delivery;

import io.dromedary.delivery.flow.FlowControl;
import io.dromedary.delivery.flow.FlowState;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells an operator what a webhook is like: a line when it goes down, recovers, is paused or sent
 * less than there is, repeated every few minutes while that lasts, and at most a line a minute of
 * failed attempts. Thread-safe.
 */
final class WebhookLog {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookLog.class);

  private static final long FAILURES_NANOS = Duration.ofMinutes(1).toNanos();
  private static final long REPEAT_NANOS = Duration.ofMinutes(5).toNanos();

  /** A state that passes sooner is not worth a line, unless the webhook is down. */
  private static final Duration LASTING = Duration.ofSeconds(5);

  private final String destination;
  private final String name;
  private final FlowControl flow;
  private final IntSupplier waiting;
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong nextFailureNanos = new AtomicLong(System.nanoTime());

  // Of the thread that ticks.
  private FlowState.Kind told = FlowState.Kind.UP;
  private long toldNanos;

  /**
   * The log of a webhook.
   *
   * @param waiting how many rounds wait for it in memory
   */
  WebhookLog(String destination, String name, FlowControl flow, IntSupplier waiting) {
    this.destination = destination;
    this.name = name;
    this.flow = flow;
    this.waiting = waiting;
  }

  /** An attempt has failed. */
  void failed(String reason) {
    failed.incrementAndGet();
    long now = System.nanoTime();
    long next = nextFailureNanos.get();
    if (now - next >= 0 && nextFailureNanos.compareAndSet(next, now + FAILURES_NANOS)) {
      long count = failed.getAndSet(0);
      if (count == 1) {
        LOG.warn("Destination {}: webhook {} fails: {}", destination, name, reason);
      } else {
        LOG.warn(
            "Destination {}: webhook {} fails: {}; {} attempts have failed since this was last said",
            destination,
            name,
            reason,
            count);
      }
    }
  }

  /** Says what has changed. To be called every second or so, by one thread at a time. */
  void tick() {
    FlowState state = flow.state();
    FlowState.Kind kind = state.kind();
    long now = System.nanoTime();
    boolean isWorth =
        kind == FlowState.Kind.DOWN
            || state.lasting().compareTo(LASTING) >= 0
            || told == FlowState.Kind.DOWN;
    if (kind == told ? kind != FlowState.Kind.UP && now - toldNanos >= REPEAT_NANOS : isWorth) {
      tell(state);
      told = kind;
      toldNanos = now;
    }
  }

  private void tell(FlowState state) {
    switch (state.kind()) {
      case UP -> LOG.info("Destination {}: webhook {} works again", destination, name);
      case LIMITED ->
          LOG.warn(
              "Destination {}: webhook {} is sent {} attempts at once{}, since it refuses more: {};"
                  + " {} wait in memory",
              destination,
              name,
              state.limit(),
              rate(state),
              state.reason(),
              waiting.getAsInt());
      case PAUSED ->
          LOG.warn(
              "Destination {}: webhook {} asked to be left alone: {}; the next attempt is in {} s, {}"
                  + " wait in memory",
              destination,
              name,
              state.reason(),
              seconds(state.untilNext()),
              waiting.getAsInt());
      case DOWN ->
          LOG.warn(
              "Destination {}: webhook {} is down, since {} s: {}; it is probed in {} s",
              destination,
              name,
              seconds(state.lasting()),
              state.reason(),
              seconds(state.untilNext()));
    }
  }

  private static String rate(FlowState state) {
    return Double.isInfinite(state.ratePerSecond())
        ? ""
        : String.format(" and %.1f a second", state.ratePerSecond());
  }

  private static long seconds(@Nullable Duration duration) {
    return duration == null ? 0 : TimeUnit.NANOSECONDS.toSeconds(duration.toNanos() + 999_999_999);
  }
}
