package io.dromedary.destination;

import io.dromedary.logging.EventContext;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.Settings;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.AsyncProducer;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.builder.ThreadPoolProfileBuilder;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.apache.camel.util.concurrent.ThreadPoolRejectedPolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes new dead letters of the outbox to the dead letter route of their destination, which
 * retries until it succeeds. It begins before the routes start, since an inbound may bring invalid
 * messages while others still start. It has threads of its own, because the endpoint may hang, and
 * neither senders nor other destinations must wait for it.
 */
final class DeadLetterForwarder extends SimpleEventNotifierSupport {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterForwarder.class);

  private static final int MOST_THREADS = 4;
  private static final int MOST = 1000;

  /** The memory of a letter, in multiples of the event: the event itself and its JSON. */
  private static final int COPIES = 3;

  /** The number of letters being passed on or retried, and their memory. */
  private final AtomicInteger count = new AtomicInteger();

  private final AtomicLong bytes = new AtomicLong();

  private boolean listens;

  @Override
  public boolean isEnabled(CamelEvent event) {
    return event instanceof CamelEvent.CamelContextRoutesStartingEvent
        || event instanceof CamelEvent.CamelContextStartedEvent;
  }

  /** Begins at the first of both events: a supervising route controller has only the second. */
  @Override
  public void notify(CamelEvent event) throws Exception {
    if (!listens) {
      listen(((CamelEvent.CamelContextEvent) event).getContext());
    }
    listens = event instanceof CamelEvent.CamelContextRoutesStartingEvent;
  }

  private void listen(CamelContext context) throws Exception {
    Map<String, AsyncProducer> routes = new HashMap<>();
    for (DestinationSettings each : Settings.of(context).destinations().values()) {
      // At the start a letter waits for its route. Once that has stopped it must not wait for long,
      // since that would hold up the stop.
      AsyncProducer route =
          context
              .getEndpoint("direct:dromedary-keep-dead-letter-" + each.name() + "?timeout=2000")
              .createAsyncProducer();
      context.addService(route);
      routes.put(each.name(), route);
    }
    // A message that was no event may have no destination; then any route will do.
    AsyncProducer anyRoute = routes.values().iterator().next();
    ExecutorService threads =
        context
            .getExecutorServiceManager()
            .newThreadPool(
                this,
                "dead-letters",
                new ThreadPoolProfileBuilder("dead-letters")
                    .poolSize(MOST_THREADS)
                    .maxPoolSize(MOST_THREADS)
                    .maxQueueSize(MOST)
                    .rejectedPolicy(ThreadPoolRejectedPolicy.Abort)
                    .build());
    context
        .getComponent("outbox", OutboxComponent.class)
        .outbox()
        .listen(
            letter -> {
              AsyncProducer route = routes.getOrDefault(letter.destination(), anyRoute);
              long size = (long) COPIES * letter.event().body().length;
              if (!enter(size)) {
                tooMany(letter);
                return;
              }
              Runnable end = once(() -> leave(size));
              try {
                threads.execute(() -> tell(letter, route, end));
              } catch (RejectedExecutionException e) {
                end.run();
                tooMany(letter);
              }
            });
  }

  private boolean enter(long size) {
    long others = bytes.getAndAdd(size);
    if (count.incrementAndGet() <= MOST
        && (others == 0 || others + size <= HeapShare.DEAD_LETTERS.bytes())) {
      return true;
    }
    leave(size);
    return false;
  }

  private void leave(long size) {
    count.decrementAndGet();
    bytes.addAndGet(-size);
  }

  private static Runnable once(Runnable task) {
    AtomicBoolean isDone = new AtomicBoolean();
    return () -> {
      if (isDone.compareAndSet(false, true)) {
        task.run();
      }
    };
  }

  /** Holds the thread only during the call, not while the route waits to retry. */
  private static void tell(DeadLetter letter, AsyncProducer route, Runnable end) {
    try {
      Exchange exchange = route.getEndpoint().createExchange();
      exchange.getMessage().setBody(letter.toJson());
      EventContext.run(
          letter.event().messageId(),
          letter.destination(),
          () -> route.process(exchange, doneSync -> ended(letter, exchange, end)));
    } catch (RuntimeException | Error e) {
      end.run();
      notSent(letter, e);
    }
  }

  private static void ended(DeadLetter letter, Exchange exchange, Runnable end) {
    end.run();
    // The route handles its own failures: this one never reached it.
    if (exchange.getException() != null) {
      notSent(letter, exchange.getException());
    }
  }

  private static void notSent(DeadLetter letter, Throwable why) {
    LOG.error(
        "The dead letter {} cannot be sent to its endpoint; it is kept in the outbox",
        letter.id(),
        why);
  }

  private static void tooMany(DeadLetter letter) {
    LOG.warn(
        "Destination {}: the dead letter {} is not sent to its endpoint, since {} others wait for"
            + " that; it is kept in the outbox",
        letter.destination(),
        letter.id(),
        MOST);
  }
}
