package io.dromedary.delivery;

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
 * The attempts at one webhook, whatever endpoint it is. An attempt is one request with one outcome,
 * and ends at its deadline whatever it is at, from looking up a host to the last byte of an answer:
 * time-outs of clients limit single steps, so a receiver that drips a byte a second would hold a
 * request for as long as it likes, and many endpoints have none.
 *
 * <p>The thread that starts an attempt makes it. At the deadline the exchange goes on elsewhere,
 * and what comes later is of no use any more: only a copy was sent. A thread that does not come
 * back even then is waited for by nobody. It is not interrupted, which would close files and
 * channels of others under it; but when too many have not come back, further attempts fail at once.
 *
 * <p>Thread-safe.
 */
final class Attempts extends ServiceSupport {

  /** The exchange property with the {@link Outcome} of an attempt. */
  static final String OUTCOME = "DromedaryOutcome";

  /** The exchange property with the nanoseconds that an attempt has taken. */
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
   * The attempts at a webhook.
   *
   * @param name what may be shown of it
   * @param headers the names of those that are sent; no others are
   * @param timeout from the start of an attempt to its deadline
   * @param mostLate so many threads may not have come back before no more attempts are made
   * @param elsewhere goes on with exchanges whose attempts have ended at their deadline, on threads
   *     that make no attempts
   */
  Attempts(
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
   * Makes an attempt, on the calling thread, which may have to wait until the deadline and longer.
   * Its outcome is in the exchange when it goes on; the message is as it was.
   *
   * @return whether the exchange goes on on this thread
   */
  boolean start(Exchange exchange, AsyncCallback callback) {
    Outcome outcome;
    try {
      outcome = attempt(exchange, callback);
    } catch (RuntimeException | Error e) {
      // In a branch of a multicast nobody else takes notice of an Error.
      outcome = Outcome.of(e);
    }
    if (outcome == null) {
      return false;
    }
    exchange.setProperty(OUTCOME, outcome);
    callback.done(true);
    return true;
  }

  /** Returns the outcome, or null if the attempt has ended at its deadline. */
  private @Nullable Outcome attempt(Exchange exchange, AsyncCallback callback) {
    if (!isRunAllowed()) {
      return Outcome.unsent("the webhook has stopped");
    }
    Delivery delivery = exchange.getProperty(Delivery.PROPERTY, Delivery.class);
    if (delivery != null && !delivery.isHeldFor(timeout.toNanos())) {
      // It has waited for a thread; somebody else may have the event by now.
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
      // Here, since Camel aggregates the branches of a round in the order of its webhooks.
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

  /** How long attempts have taken until there was an outcome; those that were not made, not. */
  Histogram durations() {
    return durations;
  }

  /** What is seen of the connections, or null where they are not HTTP's. */
  @Nullable ConnectionFigures connections() {
    return target.connections();
  }

  /** How many attempts have ended at their deadline whose threads have not come back. */
  int late() {
    return late.get();
  }

  /** How long the attempt has taken that an exchange has made; zero where none was. */
  static Duration took(Exchange exchange) {
    Object nanos = exchange.removeProperty(TOOK);
    return nanos instanceof Long taken ? Duration.ofNanos(taken) : Duration.ZERO;
  }

  /** The outcome of the attempt that an exchange has made. */
  static Outcome outcome(Exchange exchange) {
    // Removed, or it might be taken for that of a later attempt which could not even begin.
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

  /** With nothing but what the webhook is to get, and for whatever is written into it too late. */
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
   * Ends an attempt at its deadline, unless its answer is there and only the thread has still to
   * come back: that has as long again. The timer's thread must not wait for anything.
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
      // Here, as those who go on with exchanges may all be waiting for what is closed by it.
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
