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
 * Begins the spans of events as OpenTelemetry's conventions for messaging have them: {@code send}
 * when events are stored, {@code process} for a round, {@code POST} for an attempt. What follows
 * later than at once is not a child but a trace of its own with a link, so that no trace lasts for
 * hours. Thread-safe.
 */
public final class Spans {

  private static final Logger LOG = LoggerFactory.getLogger(Spans.class);

  /** The header of W3C Trace Context. */
  public static final String TRACE_PARENT = "traceparent";

  /** The exchange property with the spans of which the events of a message come. */
  private static final String PARENTS = "DromedaryTraceParents";

  /** As many links as the SDK keeps by default. */
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

  /** What a host makes of OpenTelemetry. */
  private record Telemetry(Tracer tracer, TextMapPropagator propagator) {}

  /** The events that a span is about. */
  public record Events(String destination, int count, String firstMessageId) {}

  /**
   * That of the registry, or else the global one. It is looked up when it is needed first, since to
   * ask for the global one before the host has set it would keep the host from doing so.
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
   * Notes of which spans the events of messages come, before anybody takes the headers off them.
   *
   * @param exchange carries what has been read of the messages
   * @param messages each was sent by a span of its own
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

  /** Begins the span of events that are stored for a destination. */
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

  /** A sampler or a processor of a host's that fails is no reason to refuse an event. */
  private OpenSpan begin(SpanBuilder span) {
    Span begun;
    try {
      begun = span.startSpan();
    } catch (RuntimeException e) {
      begun = Span.getInvalid();
    }
    return new OpenSpan(begun, propagates);
  }

  /** The current span, or that of the message as it is, or as it was when it was received. */
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
   * Begins the span of a round.
   *
   * @param parent the stored span of which the round is a part, or null
   * @param links the stored spans that come before the round
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
   * Begins the span of an attempt.
   *
   * @param round the span of its round
   * @param origin what may be shown of the webhook
   * @param resends how many rounds there were before
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
