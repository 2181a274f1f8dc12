package io.dromedary.delivery;

import io.dromedary.delivery.attempt.Attempt;
import io.dromedary.delivery.attempt.AttemptTimer;
import io.dromedary.delivery.attempt.ConnectionFigures;
import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.attempt.Target;
import io.dromedary.metrics.Histogram;
import io.dromedary.tracing.OpenSpan;
import java.time.Clock;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the attempts at one webhook, whatever its endpoint. An attempt is one request with one
 * outcome. It ends at its deadline in any phase, from the lookup of the host to the last byte of
 * the answer. Timeouts of clients do not achieve this: many endpoints have none, and others limit
 * single steps only, so a receiver that sends a byte per second could hold a request indefinitely.
 *
 * <p>The calling thread makes the attempt. At the deadline the exchange continues on another
 * thread, and a later result is ignored, because only a copy of the exchange was sent. A thread
 * that does not return even then is left alone. It is not interrupted, since that would close files
 * and channels that others use. When too many threads have not returned, further attempts fail at
 * once.
 *
 * <p>Thread-safe.
 */
public final class Attempts extends ServiceSupport {

  /** The exchange property with the {@link Outcome} of an attempt. */
  public static final String OUTCOME = "DromedaryOutcome";

  /** The exchange property with the duration of an attempt in nanoseconds. */
  private static final String TOOK = "DromedaryTook";

  private static final Logger LOG = LoggerFactory.getLogger(Attempts.class);

  private final CamelContext context;
  private final String name;
  private final Target target;
  private final Set<String> headers;
  private final Duration timeout;
  private final int mostLate;
  private final Executor elsewhere;
  private final Clock clock;

  private final AtomicInteger late = new AtomicInteger();
  private final Histogram durations = Histogram.ofRequests();

  /**
   * Creates the attempts at a webhook.
   *
   * @param name the part of its URL that may be shown
   * @param headers the names of the headers that are sent; all others are dropped
   * @param timeout the time from the start of an attempt to its deadline
   * @param mostLate the number of threads that have not returned at which attempts fail at once
   * @param elsewhere continues exchanges after a deadline, on threads that make no attempts
   */
  public Attempts(
      CamelContext context,
      String name,
      Target target,
      Set<String> headers,
      Duration timeout,
      int mostLate,
      Executor elsewhere,
      Clock clock) {
    this.context = context;
    this.name = name;
    this.target = target;
    this.headers = Set.copyOf(headers);
    this.timeout = timeout;
    this.mostLate = mostLate;
    this.elsewhere = elsewhere;
    this.clock = clock;
  }

  @Override
  protected void doStart() throws Exception {
    target.start();
  }

  @Override
  protected void doStop() {
    target.stop();
  }

  /**
   * Makes an attempt on the calling thread, which may block until the deadline and longer. When the
   * exchange continues, it holds the outcome; its message is unchanged.
   *
   * @return whether the exchange continues on this thread
   */
  public boolean start(Exchange exchange, AsyncCallback callback) {
    Outcome outcome;
    try {
      outcome = attempt(exchange, callback);
    } catch (RuntimeException | Error e) {
      // In a branch of a multicast nothing else handles an Error.
      outcome = Outcome.of(e);
    }
    if (outcome == null) {
      return false;
    }
    exchange.setProperty(OUTCOME, outcome);
    callback.done(true);
    return true;
  }

  /** Returns the outcome, or null if the attempt ended at its deadline. */
  private @Nullable Outcome attempt(Exchange exchange, AsyncCallback callback) {
    if (!isRunAllowed()) {
      return Outcome.unsent("the webhook has stopped");
    }
    Delivery delivery = exchange.getProperty(Delivery.PROPERTY, Delivery.class);
    if (delivery != null && !delivery.claims().isHeldFor(timeout.toNanos())) {
      // It has waited for a thread so long that another node may have claimed the event.
      return Outcome.unsent("the event has gone back to the outbox");
    }
    if (late.get() >= mostLate) {
      return Outcome.timeout(
          "not sent, since " + mostLate + " attempts have not come back after their deadline");
    }
    DeliveryTrace trace = delivery == null ? null : delivery.trace();
    OpenSpan span = trace == null ? null : trace.attempt(name, delivery.attempts());
    Attempt attempt = new Attempt(timeout);
    long beginNanos = System.nanoTime();
    Future<?> deadline = null;
    Outcome outcome = null;
    Throwable failure = null;
    try {
      deadline = AttemptTimer.after(timeout, () -> expire(attempt, span, exchange, callback));
      outcome = send(attempt, span, exchange);
    } catch (Exception | Error e) {
      failure = e;
    }
    if (!attempt.end()) {
      late.decrementAndGet();
      return null;
    }
    long tookNanos = System.nanoTime() - beginNanos;
    durations.record(tookNanos);
    exchange.setProperty(TOOK, tookNanos);
    if (deadline != null) {
      deadline.cancel(false);
    }
    if (failure instanceof Error) {
      LOG.error("Webhook {}: an attempt has failed", name, failure);
    }
    Outcome ended = outcome == null ? Outcome.of(Objects.requireNonNull(failure)) : outcome;
    if (delivery != null && ended.status() != null) {
      // Recorded here, since Camel aggregates the branches of a round in the order of its webhooks.
      delivery.answered(ended.status());
    }
    end(span, ended);
    return ended;
  }

  private static void end(@Nullable OpenSpan span, Outcome outcome) {
    if (span == null) {
      return;
    }
    if (outcome.status() != null) {
      span.answered(outcome.status());
    }
    if (outcome.kind() == Outcome.Kind.ACCEPTED) {
      span.end();
    } else {
      span.fail(outcome.attemptClass().label(), outcome.reason());
    }
  }

  /** Returns the durations of attempts up to their outcome, without attempts that were not made. */
  Histogram durations() {
    return durations;
  }

  /** Returns figures about the connections, or null if the webhook does not use HTTP. */
  @Nullable
  public ConnectionFigures connections() {
    return target.connections();
  }

  /** Returns how many attempts ended at their deadline and still occupy a thread. */
  public int late() {
    return late.get();
  }

  /** Returns the duration of the attempt that an exchange has made; zero if there was none. */
  static Duration took(Exchange exchange) {
    Object nanos = exchange.removeProperty(TOOK);
    return nanos instanceof Long taken ? Duration.ofNanos(taken) : Duration.ZERO;
  }

  /** Returns the outcome of the attempt that an exchange has made. */
  public static Outcome outcome(Exchange exchange) {
    // Removed, so that it is not taken for the outcome of a later attempt that could not begin.
    Outcome outcome = (Outcome) exchange.removeProperty(OUTCOME);
    Throwable failure = exchange.getException();
    if (outcome == null || failure != null) {
      return failure == null ? Outcome.unsent("the attempt was not made") : Outcome.of(failure);
    }
    return outcome;
  }

  private Outcome send(Attempt attempt, @Nullable OpenSpan span, Exchange exchange)
      throws Exception {
    attempt.enter();
    try {
      Exchange copy = copy(exchange);
      if (span == null) {
        target.send(copy);
      } else {
        span.propagate(copy.getIn());
        span.call(() -> target.send(copy));
      }
      return Outcome.of(copy, clock.instant());
    } finally {
      Attempt.leave();
    }
  }

  /** Copies only what the webhook may get. Late writes to the copy do not reach the exchange. */
  private Exchange copy(Exchange exchange) {
    Exchange copy = new DefaultExchange(context, exchange.getPattern());
    Message from = exchange.getMessage();
    Message to = copy.getIn();
    to.setBody(from.getBody());
    from.getHeaders()
        .forEach(
            (header, value) -> {
              if (headers.contains(header)) {
                to.setHeader(header, value);
              }
            });
    return copy;
  }

  /**
   * Ends an attempt at its deadline. If its answer is complete and only the thread has not
   * returned, the thread gets the same time again. Must not block the timer's thread.
   */
  private void expire(
      Attempt attempt, @Nullable OpenSpan span, Exchange exchange, AsyncCallback callback) {
    if (!attempt.expire()) {
      if (!attempt.hasEnded()) {
        Future<?> unused =
            AttemptTimer.after(timeout, () -> expire(attempt, span, exchange, callback));
      }
      return;
    }
    late.incrementAndGet();
    durations.record(timeout.toNanos());
    try {
      // Done here, because all threads of the executor may be blocked by what this closes.
      attempt.close();
    } catch (RuntimeException | Error e) {
      LOG.warn("Webhook {}: what a late attempt has opened cannot be closed", name, e);
    }
    try {
      elsewhere.execute(() -> timeOut(span, exchange, callback));
    } catch (RuntimeException | Error e) {
      // The destination has stopped, or the system has no thread left.
      timeOut(span, exchange, callback);
    }
  }

  private void timeOut(@Nullable OpenSpan span, Exchange exchange, AsyncCallback callback) {
    try {
      Outcome outcome = Outcome.timeout("no complete answer within " + timeout.toMillis() + " ms");
      exchange.setProperty(TOOK, timeout.toNanos());
      exchange.setProperty(OUTCOME, outcome);
      end(span, outcome);
    } catch (RuntimeException | Error e) {
      exchange.setException(e);
    }
    callback.done(false);
  }
}
