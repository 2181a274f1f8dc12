package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.event.Event;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonStringify;
import io.dromedary.logging.EventContext;
import io.dromedary.outbox.OutboxEndpoint;
import io.dromedary.outbox.Settlement;
import io.dromedary.outbox.store.OutboxEvent;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the user's own endpoint change or drop an event before it is signed. The endpoint gets an
 * exchange of its own, so that it cannot affect ours. An event whose transform fails is given up at
 * once; only the endpoint's own error handler may retry it. Thread-safe.
 */
public final class Transform implements Processor {

  private static final Logger LOG = LoggerFactory.getLogger(Transform.class);

  /** A longer event could make a batch longer than receivers accept. */
  static final int MOST_BYTES = 64 * 1024;

  private static final Duration PAUSE = Duration.ofSeconds(1);

  private final CamelContext context;
  private final String destination;
  private final RetrySchedule schedule;
  private final Clock clock;
  private final LongAdder dropped;
  private final AttemptHistory history;
  private final ProducerTemplate template;
  private final AtomicBoolean failing = new AtomicBoolean();

  /** Returns the transform of a destination, or a step that does nothing if it has none. */
  public static Processor of(CamelContext context, Destination destination) {
    return destination.settings().transform() == null
        ? exchange -> {}
        : new Transform(context, destination);
  }

  private Transform(CamelContext context, Destination destination) {
    this.context = context;
    this.destination = destination.settings().name();
    this.schedule = destination.schedule();
    this.clock = destination.clock();
    this.dropped = destination.meters().dropped;
    this.history = destination.history();
    this.template = context.createProducerTemplate();
  }

  @Override
  public void process(Exchange exchange) {
    Delivery delivery = Delivery.of(exchange);
    Event event = delivery.events().get(0);
    Instant now = clock.instant();
    try {
      byte[] changed = changed(call(event), event.json().length);
      if (changed == null) {
        dropped.increment();
        history.dropped(event);
        exchange.setRouteStop(true);
      } else {
        delivery.transform(changed);
      }
      if (failing.compareAndSet(true, false)) {
        LOG.info("Destination {}: the transform works again", destination);
      }
    } catch (RejectedExecutionException e) {
      if (now.isBefore(schedule.windowEnd(event.acceptedAt()))) {
        tryLater(exchange, delivery, now);
      } else {
        giveUp(exchange, delivery, describe(e));
      }
    } catch (FailedException e) {
      giveUp(exchange, delivery, e.getMessage());
    } catch (RuntimeException | Error e) {
      // Camel does not catch errors here, and the event would be retried again and again.
      giveUp(exchange, delivery, describe(e));
    }
  }

  /**
   * Parks the event, because its route is stopping, maybe to be reloaded; that is not its fault.
   */
  private static void tryLater(Exchange exchange, Delivery delivery, Instant now) {
    OutboxEvent event = delivery.claims().get(0).event();
    exchange.setProperty(
        Settlement.PROPERTY,
        new Settlement.Parked(now.plus(PAUSE), event.attempts(), event.progress()));
    exchange.setRouteStop(true);
  }

  private void giveUp(Exchange exchange, Delivery delivery, String why) {
    if (failing.compareAndSet(false, true)) {
      LOG.warn("Destination {}: the transform fails: {}", destination, why);
    }
    delivery.failTransform(why);
    template.send("direct:dromedary-give-up-" + destination, exchange);
    exchange.setRouteStop(true);
  }

  private static String describe(Throwable thrown) {
    // Camel wraps errors.
    Throwable failure =
        thrown instanceof CamelExecutionException && thrown.getCause() != null
            ? thrown.getCause()
            : thrown;
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return message == null ? name : name + ": " + message;
  }

  private Message call(Event event) throws FailedException {
    Endpoint route = context.getEndpoint("direct:dromedary-transform-" + destination);
    Exchange call = new DefaultExchange(context, ExchangePattern.InOut);
    // The array is shared, and the endpoint may write to its copy.
    call.getMessage().setBody(event.json().clone());
    call.getMessage().setHeader(OutboxEndpoint.MESSAGE_ID, event.messageId());
    call.getMessage().setHeader(OutboxEndpoint.TYPE, event.type().json());
    EventContext.run(event.messageId(), destination, () -> template.send(route, call));
    Throwable failure = call.getException();
    if (failure == null && call.getExchangeExtension().isFailureHandled()) {
      // An error handler, perhaps one for all routes of a host, has handled the failure. Its result
      // is not the transform's, so the event must not be sent.
      failure = call.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }
    if (failure instanceof RejectedExecutionException rejected) {
      throw rejected;
    }
    if (failure != null) {
      throw new FailedException(describe(failure));
    }
    if (call.isRollbackOnly()) {
      throw new FailedException("it was rolled back");
    }
    if (call.isRouteStop()) {
      call.getMessage().setBody(null);
    }
    return call.getMessage();
  }

  /** Returns the JSON to send, or null if the event is dropped. */
  private static byte @Nullable [] changed(Message answer, int before) throws FailedException {
    int most = Math.max(MOST_BYTES, before);
    byte[] text = read(answer, most);
    if (text.length > most) {
      throw new FailedException("expected at most " + most + " bytes, found more");
    }
    if (new String(text, UTF_8).isBlank()) {
      return null;
    }
    try {
      byte[] json = JsonStringify.stringify(text);
      if (json[0] != '{') {
        throw new FailedException("expected a JSON object, found another value");
      }
      return json;
    } catch (InvalidJsonException e) {
      throw new FailedException("its answer is not JSON: " + e.getMessage());
    }
  }

  private static byte[] read(Message answer, int most) throws FailedException {
    Object body = answer.getBody();
    if (body == null) {
      return new byte[0];
    }
    if (body instanceof byte[] bytes) {
      return bytes;
    }
    if (body instanceof CharSequence text) {
      return text.toString().getBytes(UTF_8);
    }
    try (InputStream in = answer.getBody(InputStream.class)) {
      if (in == null) {
        throw new FailedException("expected JSON, found a " + body.getClass().getName());
      }
      return in.readNBytes(most + 1);
    } catch (IOException e) {
      throw new FailedException("what it answered cannot be read: " + e.getMessage());
    }
  }

  /** Signals why the event is given up. It has no stack trace. */
  private static final class FailedException extends Exception {

    private static final long serialVersionUID = 1L;

    FailedException(String message) {
      super(message, null, false, false);
    }

    @Override
    public String getMessage() {
      return String.valueOf(super.getMessage());
    }
  }
}
