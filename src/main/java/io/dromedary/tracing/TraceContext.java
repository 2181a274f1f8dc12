package io.dromedary.tracing;

import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The format in which the context of a span is stored with an event: 16 bytes for the trace id, 8
 * for the span id and one for the flags.
 */
final class TraceContext {

  private static final int TRACE_BYTES = 16;
  private static final int SPAN_BYTES = 8;
  private static final int BYTES = TRACE_BYTES + SPAN_BYTES + 1;

  private TraceContext() {}

  /** The bytes of a span, or null if it is not sampled, since then nobody will see it. */
  static byte @Nullable [] toBytes(SpanContext span) {
    if (!span.isValid() || !span.isSampled()) {
      return null;
    }
    return ByteBuffer.allocate(BYTES)
        .put(span.getTraceIdBytes())
        .put(span.getSpanIdBytes())
        .put(span.getTraceFlags().asByte())
        .array();
  }

  /** Reads a stored span. Returns an invalid one if the bytes are not those of a span. */
  static SpanContext read(byte[] stored) {
    if (stored.length != BYTES) {
      return SpanContext.getInvalid();
    }
    HexFormat hex = HexFormat.of();
    String trace = hex.formatHex(stored, 0, TRACE_BYTES);
    String span = hex.formatHex(stored, TRACE_BYTES, TRACE_BYTES + SPAN_BYTES);
    return TraceId.isValid(trace) && SpanId.isValid(span)
        ? SpanContext.createFromRemoteParent(
            trace, span, TraceFlags.fromByte(stored[BYTES - 1]), TraceState.getDefault())
        : SpanContext.getInvalid();
  }
}
