package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.routing.FailClosed;
import io.dromedary.settings.Settings;
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
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.StreamCache;
import org.apache.camel.WrappedFile;
import org.jspecify.annotations.Nullable;

/**
 * Turns the body of any inbound endpoint but the tracking API into an iterator of {@link Event}s
 * and {@link RejectedEvent}s. Text, bytes, files and streams are read as JSON; a route marshals
 * whatever else a body may be to JSON before. A list of exchanges, as a consumer or an aggregator
 * makes it of several messages, is read as the events of all of them. Thread-safe.
 */
public final class ReadEvents extends FailClosed implements CamelContextAware {

  /** Endpoints whose messages say no more than that it is time: each becomes a heartbeat. */
  private static final Set<String> CLOCKS = Set.of("timer", "scheduler", "quartz", "cron");

  private @Nullable CamelContext context;
  private Clock clock = Clock.systemUTC();
  private DestinationChoice choice = new DestinationChoice(List.of());

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    clock = Settings.clock(context);
    choice = DestinationChoice.of(Settings.of(context));
    // Whether the body is an object that has to be marshalled before it can be read.
    context
        .getRegistry()
        .bind("is-structured", Predicate.class, (Predicate) ReadEvents::isStructured);
    // A source that waits for more than the end of the route hears that its messages are taken.
    context
        .getRegistry()
        .bind("acknowledge", Processor.class, FailClosed.of(MessageGroup::acknowledge));
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
        || body instanceof WrappedFile<?>);
  }

  @Override
  protected void run(Exchange exchange) throws IOException {
    Object body = exchange.getMessage().getBody();
    Iterator<Object> events;
    if (MessageGroup.isGroup(body)) {
      MessageGroup group = MessageGroup.of(body);
      exchange.setProperty(MessageGroup.PROPERTY, group);
      List<Object> all = new ArrayList<>();
      for (Exchange message : group.messages()) {
        eventsOfGrouped(message).forEachRemaining(all::add);
      }
      events = all.iterator();
    } else {
      events = events(exchange);
    }
    exchange.getMessage().setBody(events);
  }

  private Iterator<Object> eventsOfGrouped(Exchange message) throws IOException {
    Object body = message.getMessage().getBody();
    if (!isObject(body)) {
      return events(message);
    }
    RejectedEvent rejected =
        new RejectedEvent(
            0,
            null,
            "invalid_json",
            "expected JSON text in a group of messages, found an object of the class "
                + body.getClass().getName(),
            String.valueOf(body).getBytes(UTF_8));
    return List.<Object>of(rejected).iterator();
  }

  private Iterator<Object> events(Exchange exchange) throws IOException {
    Object body = exchange.getMessage().getBody();
    if (body == null) {
      return read(exchange, heartbeat(exchange)).iterator();
    }
    if (body instanceof CharSequence text) {
      return read(exchange, Utf8.encode(text.toString())).iterator();
    }
    if (body instanceof byte[] bytes) {
      return read(exchange, bytes).iterator();
    }
    InputStream in = exchange.getMessage().getBody(InputStream.class);
    if (in == null) {
      throw new IOException("The body cannot be read as a stream: " + body.getClass().getName());
    }
    return new EventStream(in, clock.instant(), choice);
  }

  private List<Object> read(Exchange exchange, byte[] text) {
    Supplier<String> ids = SourceIds.of(exchange, text);
    return new EventReader(text, clock.instant(), true, ids, choice, null).readAny().all();
  }

  private static byte[] heartbeat(Exchange exchange) {
    String uri =
        exchange.getFromEndpoint() == null ? "" : exchange.getFromEndpoint().getEndpointBaseUri();
    int colon = uri.indexOf(':');
    if (colon < 0 || !CLOCKS.contains(uri.substring(0, colon))) {
      // Read as empty text, which is no event: a message without a body is a dead letter.
      return new byte[0];
    }
    String name = uri.substring(0, colon) + ":" + uri.substring(colon).replaceAll("^[:/]+", "");
    return ("{\"type\":\"track\",\"event\":\"Heartbeat\",\"anonymousId\":\""
            + name.replaceAll("[^\\w:./-]", "_")
            + "\"}")
        .getBytes(UTF_8);
  }
}
