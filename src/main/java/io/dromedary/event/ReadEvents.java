package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.settings.Settings;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.time.Clock;
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
 * whatever else a body may be to JSON before. Thread-safe.
 */
public final class ReadEvents implements Processor, CamelContextAware {

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
  }

  private static boolean isStructured(Exchange exchange) {
    Object body = exchange.getMessage().getBody();
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
  public void process(Exchange exchange) throws IOException {
    Object body = exchange.getMessage().getBody();
    Iterator<Object> events;
    if (body == null) {
      events = read(exchange, heartbeat(exchange)).iterator();
    } else if (body instanceof CharSequence text) {
      events = read(exchange, Utf8.encode(text.toString())).iterator();
    } else if (body instanceof byte[] bytes) {
      events = read(exchange, bytes).iterator();
    } else {
      InputStream in = exchange.getMessage().getBody(InputStream.class);
      if (in == null) {
        throw new IOException("The body cannot be read as a stream: " + body.getClass().getName());
      }
      events = new EventStream(in, clock.instant(), choice);
    }
    exchange.getMessage().setBody(events);
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
