package io.dromedary.delivery;

import java.time.Clock;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultExchange;
import org.apache.camel.support.service.ServiceSupport;
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
    if (!isRunAllowed()) {
      return goOn(exchange, Outcome.unsent("the webhook has stopped"), callback);
    }
    if (late.get() >= mostLate) {
      return goOn(
          exchange,
          Outcome.timeout(
              "not sent, since " + mostLate + " attempts have not come back after their deadline"),
          callback);
    }
    Attempt attempt = new Attempt(timeout);
    Future<?> deadline = AttemptTimer.after(timeout, () -> expire(attempt, exchange, callback));
    Outcome outcome = send(attempt, exchange);
    if (!attempt.end()) {
      late.decrementAndGet();
      return false;
    }
    deadline.cancel(false);
    return goOn(exchange, outcome, callback);
  }

  /** How many attempts have ended at their deadline whose threads have not come back. */
  int late() {
    return late.get();
  }

  /** The outcome of the attempt that an exchange has made. */
  static Outcome outcome(Exchange exchange) {
    Outcome outcome = exchange.getProperty(OUTCOME, Outcome.class);
    Throwable failure = exchange.getException();
    if (outcome == null) {
      return failure == null ? Outcome.unsent("the attempt was not made") : Outcome.of(failure);
    }
    return outcome;
  }

  private static boolean goOn(Exchange exchange, Outcome outcome, AsyncCallback callback) {
    exchange.setProperty(OUTCOME, outcome);
    callback.done(true);
    return true;
  }

  private Outcome send(Attempt attempt, Exchange exchange) {
    attempt.enter();
    try {
      Exchange copy = copy(exchange);
      target.send(copy);
      return Outcome.of(copy, clock.instant());
    } catch (Exception e) {
      return Outcome.of(e);
    } catch (Error e) {
      LOG.error("Webhook {}: an attempt has failed", name, e);
      return Outcome.of(e);
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

  /** Ends an attempt at its deadline. The timer's thread must not wait for anything. */
  private void expire(Attempt attempt, Exchange exchange, AsyncCallback callback) {
    if (!attempt.end()) {
      return;
    }
    late.incrementAndGet();
    // Here, as those who go on with exchanges may all be waiting for what is closed by it.
    attempt.close();
    Runnable goOn = () -> timeOut(exchange, callback);
    try {
      elsewhere.execute(goOn);
    } catch (RejectedExecutionException | OutOfMemoryError e) {
      // The destination has stopped, or the system has no thread left.
      goOn.run();
    }
  }

  private void timeOut(Exchange exchange, AsyncCallback callback) {
    exchange.setProperty(
        OUTCOME, Outcome.timeout("no complete answer within " + timeout.toMillis() + " ms"));
    callback.done(false);
  }
}
