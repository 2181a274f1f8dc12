package io.dromedary.testing;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.EventNotifierSupport;

/**
 * Counts the steps that have failed and are repeated, which is how a source is held back. As a bean
 * of an application it is told of them.
 */
public final class Repetitions extends EventNotifierSupport {

  private static final Duration AT_MOST = Duration.ofSeconds(20);

  private final AtomicInteger count = new AtomicInteger();

  /** Waits for one more. */
  public void awaitNext() {
    int before = count.get();
    await().atMost(AT_MOST).until(() -> count.get() > before);
  }

  @Override
  public boolean isEnabled(CamelEvent event) {
    return event instanceof CamelEvent.ExchangeRedeliveryEvent;
  }

  @Override
  public void notify(CamelEvent event) {
    count.incrementAndGet();
  }
}
