package io.dromedary.tracing;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the spans of events, by OpenTelemetry's conventions for messaging: {@code send} when
 * events are stored, {@code process} for a round, {@code POST} for an attempt. A span that starts
 * after a wait is not a child but begins a trace of its own with a link, so that no trace lasts for
 * hours. Thread-safe.
 */
public final class Spans {

  private static final Logger LOG = LoggerFactory.getLogger(Spans.class);

  /** The header of W3C Trace Context. */
  public static final String TRACE_PARENT = "traceparent";

  /** The exchange property with the contexts of the spans that sent the events. */
  private static final String PARENTS = "DromedaryTraceParents";

  /** The most links, as many as the SDK keeps by default. */
  private static final int MOST_LINKS = 128;

  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("messaging.system");
  private static final AttributeKey<String> OPERATION =
      AttributeKey.stringKey("messaging.operation.name");
  private static final AttributeKey<String> OPERATION_TYPE =
      AttributeKey.stringKey("messaging.operation.type");
  private static final AttributeKey<String> DESTINATION =
      AttributeKey.stringKey("messaging.destination.name");
  private static final AttributeKey<String> MESSAGE_ID =
      AttributeKey.stringKey("messaging.message.id");
  private static final AttributeKey<Long> COUNT =
      AttributeKey.longKey("messaging.batch.message_count");
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
  private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
  private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
  private static final AttributeKey<Long> RESENDS =
      AttributeKey.longKey("http.request.resend_count");

  private final CamelContext context;
  private final boolean propagates;
  private volatile @Nullable Telemetry telemetry;

  Spans(CamelContext context, boolean propagates) {
    this.context = context;
    this.propagates = propagates;
  }

  /** The parts of the host's OpenTelemetry that are used. */
  private record Telemetry(Tracer tracer, TextMapPropagator propagator) {}

  /** The events that a span covers. */
  public record Events(String destination, int count, String firstMessageId) {}

  /**
   * The OpenTelemetry of the registry, or the global one. It is looked up at first use. A call of
   * {@code GlobalOpenTelemetry.get} before the host has set it would keep the host from setting it.
   */
  private Telemetry telemetry() {
    Telemetry found = telemetry;
    if (found == null) {
      OpenTelemetry used = ofHost();
      found =
          new Telemetry(
              used.getTracer("io.dromedary"), used.getPropagators().getTextMapPropagator());
      telemetry = found;
    }
    return found;
  }

  private OpenTelemetry ofHost() {
    try {
      OpenTelemetry bean = context.getRegistry().findSingleByType(OpenTelemetry.class);
      return bean == null ? GlobalOpenTelemetry.get() : bean;
    } catch (RuntimeException e) {
      LOG.error("Nothing is traced, since OpenTelemetry does not work", e);
      return OpenTelemetry.noop();
    }
  }

  private SpanBuilder span(String operation, SpanKind kind, Events events) {
    SpanBuilder span =
        telemetry()
            .tracer()
            .spanBuilder(operation + " " + events.destination())
            .setSpanKind(kind)
            .setAttribute(SYSTEM, "dromedary")
            .setAttribute(OPERATION, operation)
            .setAttribute(OPERATION_TYPE, operation);
    return about(span, events);
  }

  private static SpanBuilder about(SpanBuilder span, Events events) {
    span.setAttribute(DESTINATION, events.destination());
    return events.count() == 1
        ? span.setAttribute(MESSAGE_ID, events.firstMessageId())
        : span.setAttribute(COUNT, (long) events.count());
  }

  /**
   * Records the spans that sent the messages, before the messages lose their headers.
   *
   * @param exchange the exchange that will carry the events of the messages
   * @param messages the messages as received
   */
  public void receive(Exchange exchange, List<Exchange> messages) {
    List<SpanContext> parents = new ArrayList<>();
    for (Exchange message : messages) {
      SpanContext parent = sender(message);
      if (parent.isValid() && parents.size() < MOST_LINKS && !parents.contains(parent)) {
        parents.add(parent);
      }
    }
    if (!parents.isEmpty()) {
      exchange.setProperty(PARENTS, parents);
    }
  }

  private SpanContext sender(Exchange message) {
    Context extracted =
        telemetry()
            .propagator()
            .extract(Context.root(), message.getMessage(), MessageHeaders.GETTER);
    return Span.fromContext(extracted).getSpanContext();
  }

  /** Starts the span of events that are stored for a destination. */
  public OpenSpan send(Exchange exchange, Events events) {
    SpanBuilder span = span("send", SpanKind.PRODUCER, events);
    List<SpanContext> parents = parents(exchange);
    if (parents.size() == 1) {
      span.setParent(Context.root().with(Span.wrap(parents.get(0))));
    } else {
      span.setNoParent();
      parents.forEach(span::addLink);
    }
    return begin(span);
  }

  /** Starts a span. A failure of a host's sampler or span processor must not reject an event. */
  private OpenSpan begin(SpanBuilder span) {
    Span begun;
    try {
      begun = span.startSpan();
    } catch (RuntimeException e) {
      begun = Span.getInvalid();
    }
    return new OpenSpan(begun, propagates);
  }

  /**
   * The current span. If there is none, the sender's span in the message's headers or, if there is
   * none either, the spans that {@link #receive} has recorded.
   */
  private List<SpanContext> parents(Exchange exchange) {
    SpanContext current = Span.current().getSpanContext();
    if (current.isValid()) {
      return List.of(current);
    }
    SpanContext sender = sender(exchange);
    if (sender.isValid()) {
      return List.of(sender);
    }
    List<?> received = exchange.getProperty(PARENTS, List.of(), List.class);
    return received.stream().map(SpanContext.class::cast).toList();
  }

  /**
   * Starts the span of a round.
   *
   * @param parent the stored context of the span that the round is a child of, or null
   * @param links the stored contexts of earlier spans to link to
   */
  public OpenSpan process(Events events, byte @Nullable [] parent, List<byte[]> links) {
    SpanBuilder span = span("process", SpanKind.CONSUMER, events);
    if (parent == null) {
      span.setNoParent();
    } else {
      span.setParent(Context.root().with(Span.wrap(TraceContext.read(parent))));
    }
    links.stream()
        .map(TraceContext::read)
        .filter(SpanContext::isValid)
        .distinct()
        .limit(MOST_LINKS)
        .forEach(span::addLink);
    return begin(span);
  }

  /**
   * Starts the span of an attempt.
   *
   * @param round the span of its round
   * @param origin the origin of the webhook's URL
   * @param resends the number of earlier rounds
   */
  public OpenSpan attempt(OpenSpan round, Events events, String origin, int resends) {
    boolean isHttp = origin.startsWith("http:") || origin.startsWith("https:");
    String scheme = origin.split(":", 2)[0];
    SpanBuilder span =
        telemetry()
            .tracer()
            .spanBuilder(isHttp ? "POST" : "send " + scheme)
            .setSpanKind(SpanKind.CLIENT)
            .setParent(round.context());
    about(span, events);
    if (isHttp) {
      URI url = URI.create(origin);
      span.setAttribute(METHOD, "POST");
      if (url.getHost() != null) {
        span.setAttribute(ADDRESS, url.getHost());
      }
      int port = url.getPort() >= 0 ? url.getPort() : scheme.equals("https") ? 443 : 80;
      span.setAttribute(PORT, (long) port);
    }
    if (resends > 0) {
      span.setAttribute(RESENDS, (long) resends);
    }
    return begin(span);
  }
}
