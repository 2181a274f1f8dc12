package io.dromedary.outbox;

import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.tracing.OpenSpan;
import io.dromedary.tracing.Spans;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** The spans of an append, one for each destination. Used by the thread that has the exchange. */
final class SendSpans {

  private final List<OpenSpan> spans;
  private final List<Append.Arrival> events;

  private SendSpans(List<OpenSpan> spans, List<Append.Arrival> events) {
    this.spans = spans;
    this.events = events;
  }

  /**
   * Starts the spans of events.
   *
   * @param begun starts spans; null if tracing is off
   */
  static SendSpans of(@Nullable Spans begun, Exchange exchange, List<Append.Arrival> events) {
    if (begun == null || events.isEmpty()) {
      return new SendSpans(List.of(), events);
    }
    Map<String, List<OutboxEvent>> byDestination = new LinkedHashMap<>();
    for (Append.Arrival each : events) {
      byDestination
          .computeIfAbsent(each.destination(), name -> new ArrayList<>())
          .add(each.event());
    }
    List<OpenSpan> spans = new ArrayList<>(byDestination.size());
    List<Append.Arrival> traced = new ArrayList<>(events.size());
    byDestination.forEach(
        (destination, sent) -> {
          String first = sent.get(0).messageId();
          OpenSpan span = begun.send(exchange, new Spans.Events(destination, sent.size(), first));
          spans.add(span);
          byte[] stored = span.toBytes();
          sent.forEach(each -> traced.add(new Append.Arrival(destination, each.tracedBy(stored))));
        });
    return new SendSpans(spans, traced);
  }

  /** The events to store, each with its span. */
  List<Append.Arrival> events() {
    return events;
  }

  /** Ends the spans, with the failure if the events are not stored. */
  void end(@Nullable Throwable failure) {
    for (OpenSpan span : spans) {
      if (failure == null) {
        span.end();
      } else {
        span.fail(failure.getClass().getName(), "the events are not stored");
      }
    }
  }
}
