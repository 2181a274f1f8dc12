package io.dromedary.inbound;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.event.DestinationChoice;
import io.dromedary.event.Event;
import io.dromedary.event.EventReader;
import io.dromedary.event.EventStream;
import io.dromedary.event.EventTemplate;
import io.dromedary.event.RejectedEvent;
import io.dromedary.event.UnreadableBodyException;
import io.dromedary.json.Utf8;
import io.dromedary.logging.RepeatedLines;
import io.dromedary.routing.FailClosed;
import io.dromedary.routing.FailClosedSteps;
import io.dromedary.settings.Settings;
import io.dromedary.tracing.Spans;
import io.dromedary.tracing.Tracing;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.StreamCache;
import org.apache.camel.WrappedFile;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns the body of any inbound endpoint except the tracking API into an iterator of {@link Event}s
 * and {@link RejectedEvent}s. Text, bytes, files and streams are read as JSON. A route marshals all
 * other bodies to JSON first. A list of exchanges, in which a consumer or an aggregator hands over
 * several messages, is read as the events of all of them. Thread-safe.
 */
public final class ReadEvents extends FailClosed implements CamelContextAware {

  /** Components whose messages only say that it is time. Each message becomes a heartbeat event. */
  private static final Set<String> CLOCKS = Set.of("timer", "scheduler", "quartz", "cron");

  /** How often a message is read again after an {@link OutOfMemoryError}. */
  private static final int MOST_REPETITIONS = 20;

  private static final Logger LOG = LoggerFactory.getLogger(ReadEvents.class);

  private static final RepeatedLines<String> UNREADABLE = new RepeatedLines<>();

  private final PartlyReadMessages keptMessages = new PartlyReadMessages();
  private @Nullable CamelContext context;
  private Clock clock = Clock.systemUTC();
  private @Nullable EventTemplate template;
  private DestinationChoice choice = new DestinationChoice(List.of());
  private @Nullable Spans spans;

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    FailClosedSteps.in(context);
    clock = Settings.clock(context);
    choice = DestinationChoice.of(Settings.of(context));
    template = EventTemplate.of(Settings.of(context));
    spans = Tracing.of(context);
    // True if the body is an object that has to be marshalled before it can be read.
    context
        .getRegistry()
        .bind("dromedary-is-structured", Predicate.class, (Predicate) ReadEvents::isStructured);
    context
        .getRegistry()
        .bind(
            "dromedary-is-not-interrupted",
            Predicate.class,
            (Predicate) exchange -> !exchange.getExchangeExtension().isInterrupted());
    // Acknowledges messages at a source that does not take the end of the route as acknowledgement.
    context
        .getRegistry()
        .bind("dromedary-acknowledge", Processor.class, (Processor) MessageGroup::acknowledge);
    context.getRegistry().bind("dromedary-reject", Processor.class, (Processor) ReadEvents::reject);
  }

  private static boolean isStructured(Exchange exchange) {
    Object body = exchange.getMessage().getBody();
    return !MessageGroup.isGroup(body) && isObject(body);
  }

  private static boolean isObject(@Nullable Object body) {
    return !(body == null
        || body instanceof CharSequence
        || body instanceof byte[]
        || body instanceof InputStream
        || body instanceof StreamCache
        || body instanceof Reader
        || body instanceof ByteBuffer
        || body instanceof File
        || body instanceof WrappedFile<?>
        || body instanceof RejectedEvent);
  }

  @Override
  protected void run(Exchange exchange) {
    Message message = exchange.getMessage();
    Object body = message.getBody();
    // From here on the body holds only what has been read and checked.
    message.setBody(null);
    message.setBody(events(exchange, body));
  }

  private Iterator<?> events(Exchange exchange, @Nullable Object body) {
    if (body == null || !MessageGroup.isGroup(body)) {
      return events(exchange, body, PartlyReadMessages.name(exchange));
    }
    MessageGroup group = MessageGroup.of(body);
    exchange.setProperty(MessageGroup.PROPERTY, group);
    if (spans != null) {
      spans.receive(exchange, group.messages());
    }
    List<Object> all = new ArrayList<>();
    for (Exchange message : group.messages()) {
      try {
        eventsOfGrouped(message).forEachRemaining(all::add);
      } catch (UnreadableBodyException e) {
        // The other messages are stored. A rejected event already gives the reason for this one.
        LOG.warn("One message of a group cannot be read: {}", e.getMessage());
      }
    }
    return all.iterator();
  }

  private Iterator<?> eventsOfGrouped(Exchange message) {
    Object body = message.getMessage().getBody();
    if (!isObject(body)) {
      return events(message, body, null);
    }
    RejectedEvent rejected =
        new RejectedEvent(
            0,
            null,
            "invalid_json",
            "expected JSON text in a group of messages, found an object of the class "
                + body.getClass().getName(),
            RejectedEvent.shown(body));
    return List.of(rejected).iterator();
  }

  /**
   * Reads the events of a body.
   *
   * @param kept the message's name in {@link PartlyReadMessages}, or null if its source does not
   *     hand it over again after a failure
   * @return the events; a rejected one with the reason if the body cannot be read
   */
  private Iterator<?> events(Exchange exchange, @Nullable Object body, @Nullable String kept) {
    if (body instanceof RejectedEvent) {
      // The body could not be marshalled, or JmsBodies has refused it.
      return List.of(body).iterator();
    }
    if (!(body == null || body instanceof CharSequence || body instanceof byte[])) {
      // Nothing is read yet, so if this fails the step can be repeated.
      return stream(exchange, body, kept);
    }
    try {
      byte[] text =
          body == null
              ? heartbeat(exchange)
              : body instanceof byte[] bytes ? bytes : Utf8.encode(body.toString());
      return read(exchange, text).iterator();
    } catch (Exception | Error e) {
      return List.of(rejected(exchange, body, e)).iterator();
    }
  }

  private EventStream stream(Exchange exchange, Object body, @Nullable String kept) {
    EventStream events =
        new EventStream(() -> open(exchange, body), clock.instant(), choice, kept != null)
            .wrap(template);
    exchange.getExchangeExtension().addOnCompletion(new Completion(events, kept));
    if (kept != null) {
      events.resume(keptMessages.taken(kept));
    }
    return events;
  }

  private static InputStream open(Exchange exchange, Object body) throws IOException {
    InputStream in =
        body instanceof Reader reader
            ? new ReaderStream(reader)
            : exchange.getContext().getTypeConverter().convertTo(InputStream.class, exchange, body);
    if (in == null) {
      throw new IOException("a " + body.getClass().getName() + " is no stream");
    }
    return in;
  }

  /** Closes the stream after all events are stored or the message has failed for good. */
  private final class Completion extends SynchronizationAdapter {

    private final EventStream events;
    private final @Nullable String kept;

    Completion(EventStream events, @Nullable String kept) {
      this.events = events;
      this.kept = kept;
    }

    @Override
    public void onDone(Exchange exchange) {
      try {
        if (kept != null) {
          keptMessages.note(kept, exchange);
        }
        events.close();
      } catch (Exception | Error e) {
        // Camel does not catch an Error here, and the source would get no answer.
        LOG.warn("The stream of a message cannot be closed", e);
      }
    }
  }

  /**
   * Makes the rejected event of a body that cannot be read, and logs the reason.
   *
   * @throws OutOfMemoryError if there was not enough memory and the step may be repeated
   */
  private static RejectedEvent rejected(Exchange exchange, @Nullable Object body, Throwable why) {
    int repetitions = exchange.getMessage().getHeader(Exchange.REDELIVERY_COUNTER, 0, int.class);
    if (why instanceof OutOfMemoryError error && repetitions < MOST_REPETITIONS) {
      // The whole process is short of memory, and this message may not be the cause.
      throw error;
    }
    // All messages of a source may be like this, so the log is limited.
    long unread = UNREADABLE.untold("unreadable");
    if (unread > 0) {
      LOG.error("{} messages cannot be read and become dead letters, the last one:", unread, why);
    }
    return RejectedEvent.unreadable(body, why);
  }

  /** Replaces a body that could not be marshalled by a rejected event. */
  private static void reject(Exchange exchange) {
    Throwable why = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    Throwable cause = why.getCause() instanceof Error error ? error : why;
    Message message = exchange.getMessage();
    message.setBody(rejected(exchange, message.getBody(), cause));
  }

  private List<Object> read(Exchange exchange, byte[] text) {
    Supplier<String> ids = SourceIds.of(exchange, text);
    return new EventReader(text, clock.instant(), true, ids, choice, null)
        .wrap(template)
        .readAny()
        .all();
  }

  private static byte[] heartbeat(Exchange exchange) {
    String uri =
        exchange.getFromEndpoint() == null ? "" : exchange.getFromEndpoint().getEndpointBaseUri();
    int colon = uri.indexOf(':');
    if (colon < 0 || !CLOCKS.contains(uri.substring(0, colon))) {
      // Empty text is not an event, so a message without a body becomes a dead letter.
      return new byte[0];
    }
    String name = uri.substring(0, colon) + ":" + uri.substring(colon).replaceAll("^[:/]+", "");
    return ("{\"type\":\"track\",\"event\":\"Heartbeat\",\"anonymousId\":\""
            + name.replaceAll("[^\\w:./-]", "_")
            + "\"}")
        .getBytes(UTF_8);
  }
}
