package io.dromedary.tracking;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests with 503 if their events cannot be stored now. Logs this at most every ten
 * seconds, with the number of requests. Thread-safe.
 */
final class Unavailable implements Processor {

  private static final Logger LOG = LoggerFactory.getLogger(Unavailable.class);
  private static final long INTERVAL_NANOS = Duration.ofSeconds(10).toNanos();

  private final LongAdder untold = new LongAdder();
  private final AtomicLong toldNanos = new AtomicLong(System.nanoTime() - INTERVAL_NANOS);

  @Override
  public void process(Exchange exchange) {
    HttpAnswer.unavailable(exchange);
    untold.increment();
    long last = toldNanos.get();
    long now = System.nanoTime();
    if (now - last >= INTERVAL_NANOS && toldNanos.compareAndSet(last, now)) {
      Throwable why = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
      if (why != null && why.getCause() instanceof Error error) {
        LOG.error("{} requests were answered with 503", untold.sumThenReset(), error);
      } else {
        LOG.warn(
            "{} requests were answered with 503: {}", untold.sumThenReset(), String.valueOf(why));
      }
    }
  }
}
