package io.dromedary.delivery;

import io.dromedary.delivery.attempt.AttemptClass;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.FlowControl;
import io.dromedary.delivery.flow.FlowState;
import io.dromedary.logging.Printable;
import io.dromedary.logging.RepeatedLines;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Logs the state of a webhook. The beginning of a problem is a warning: the first failure of a
 * class, or the webhook being down, paused or limited. A problem that goes on is logged once a
 * minute, or every five minutes for a state, and its end is logged once. Thread-safe.
 */
public final class WebhookLog {

  private static final Logger LOG = LoggerFactory.getLogger(WebhookLog.class);

  private static final long REPEAT_NANOS = Duration.ofMinutes(5).toNanos();

  /** A shorter state is not logged, unless the webhook is down. */
  private static final Duration LASTING = Duration.ofSeconds(5);

  private final String destination;
  private final int number;
  private final String name;
  private final FlowControl flow;
  private final IntSupplier waiting;
  private final RepeatedLines<AttemptClass> failures = new RepeatedLines<>();

  // Used only by the thread that calls tick.
  private FlowState.Kind told = FlowState.Kind.UP;
  private long toldNanos;
  private long recoveredNanos = System.nanoTime();

  /**
   * Creates the log of a webhook.
   *
   * @param number the webhook's number in its destination, from 1
   * @param name the part of its URL that may be shown
   * @param waiting returns how many rounds wait for it in memory
   */
  public WebhookLog(
      String destination, int number, String name, FlowControl flow, IntSupplier waiting) {
    this.destination = destination;
    this.number = number;
    this.name = name;
    this.flow = flow;
    this.waiting = waiting;
  }

  /** Logs the outcome of an attempt. */
  void ended(Delivery delivery, Outcome outcome, Duration took) {
    boolean isAccepted = outcome.kind() == Outcome.Kind.ACCEPTED;
    if (LOG.isDebugEnabled()) {
      attempt(LOG.atDebug(), isAccepted ? "accepted" : "failed", delivery, outcome, took);
    }
    if (!isAccepted && failures.isFirst(outcome.attemptClass())) {
      attempt(LOG.atWarn(), "fails", delivery, outcome, took);
    }
  }

  private void attempt(
      LoggingEventBuilder line, String what, Delivery delivery, Outcome outcome, Duration took) {
    String messageId = Printable.id(delivery.events().get(0).messageId());
    LoggingEventBuilder keyed =
        of(line, "webhook." + what)
            .addKeyValue("messageId", messageId)
            .addKeyValue("attempt", delivery.attempts())
            .addKeyValue("class", outcome.attemptClass().label())
            .addKeyValue("duration", took.toMillis());
    if (outcome.status() != null) {
      keyed = keyed.addKeyValue("status", outcome.status());
    }
    keyed.log(
        "{}/{} {} {}: {}",
        destination,
        number,
        name,
        what,
        outcome.reason().isEmpty() ? outcome.status() : outcome.reason());
  }

  private LoggingEventBuilder of(LoggingEventBuilder line, String event) {
    return line.addKeyValue("event", event)
        .addKeyValue("destination", destination)
        .addKeyValue("webhook", number);
  }

  /** Logs changes. To be called about once a second, by one thread at a time. */
  public void tick() {
    FlowState state = flow.state();
    FlowState.Kind kind = state.kind();
    long now = System.nanoTime();
    boolean isWorth =
        kind == FlowState.Kind.DOWN
            || state.lasting().compareTo(LASTING) >= 0
            || told == FlowState.Kind.DOWN;
    boolean isRepeated = kind == told;
    if (isRepeated ? kind != FlowState.Kind.UP && now - toldNanos >= REPEAT_NANOS : isWorth) {
      tell(state, isRepeated ? LOG.atInfo() : LOG.atWarn());
      told = kind;
      toldNanos = now;
    }
    failures.tick((failure, count) -> goesOn(failure, count, state), this::isOver);
  }

  /** Logs what is left, because nothing more will be sent to the webhook. */
  void end() {
    failures.end();
  }

  private void goesOn(AttemptClass failure, long count, FlowState state) {
    Duration next = state.untilNext();
    of(LOG.atInfo(), "webhook.failing")
        .addKeyValue("class", failure.label())
        .addKeyValue("count", count)
        .log(
            "{}/{} {} is failing: {} × {} in the last minute, {} rounds wait in memory{}",
            destination,
            number,
            name,
            count,
            failure.label(),
            waiting.getAsInt(),
            next == null ? "" : ", next attempt in " + seconds(next) + " s");
  }

  /**
   * Logs a minute without this failure, unless nothing was sent or the recovery was logged already.
   */
  private void isOver(AttemptClass failure, long lastedNanos) {
    boolean isTold = System.nanoTime() - recoveredNanos < lastedNanos;
    if (told == FlowState.Kind.UP && !isTold) {
      of(LOG.atInfo(), "webhook.recovered")
          .addKeyValue("class", failure.label())
          .log(
              "{}/{} {} has had no {} failure for a minute",
              destination,
              number,
              name,
              failure.label());
    }
  }

  private void tell(FlowState state, LoggingEventBuilder begins) {
    switch (state.kind()) {
      case UP -> {
        recoveredNanos = System.nanoTime();
        of(LOG.atInfo(), "webhook.recovered")
            .log("{}/{} {} works again", destination, number, name);
      }
      case LIMITED ->
          of(begins, "webhook.limited")
              .log(
                  "{}/{} {} is limited to {} attempts at once{}, because it refuses more: {}; {}"
                      + " rounds wait in memory",
                  destination,
                  number,
                  name,
                  state.limit(),
                  rate(state),
                  state.reason(),
                  waiting.getAsInt());
      case PAUSED ->
          of(begins, "webhook.paused")
              .log(
                  "{}/{} {} asked for a pause: {}; next attempt in {} s, {} rounds wait in memory",
                  destination,
                  number,
                  name,
                  state.reason(),
                  seconds(state.untilNext()),
                  waiting.getAsInt());
      case DOWN ->
          of(begins, "webhook.down")
              .log(
                  "{}/{} {} has been down for {} s: {}; next probe in {} s",
                  destination,
                  number,
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
