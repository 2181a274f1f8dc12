package io.dromedary.tracing;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.apache.camel.Message;
import org.jspecify.annotations.Nullable;

/**
 * A span that has begun. Whoever has begun it ends it once, by {@link #end} or {@link #fail}; later
 * calls are ignored. Thread-safe.
 */
public final class OpenSpan {

  private static final AttributeKey<Long> STATUS =
      AttributeKey.longKey("http.response.status_code");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final Span span;
  private final boolean propagates;

  OpenSpan(Span span, boolean propagates) {
    this.span = span;
    this.propagates = propagates;
  }

  Context context() {
    return Context.root().with(span);
  }

  /** What later spans need to link to this one; null if it is not sampled. */
  public byte @Nullable [] toBytes() {
    return TraceContext.toBytes(span.getSpanContext());
  }

  /** Does something while the span is the current one of this thread. */
  @SuppressWarnings("try") // It only has to be closed.
  public void call(Action action) throws Exception {
    try (Scope scope = span.makeCurrent()) {
      action.run();
    }
  }

  /** What is done within a span. */
  public interface Action {
    void run() throws Exception;
  }

  /** Adds the header that tells the receiver of the trace, if {@code tracing.propagate} is set. */
  public void propagate(Message message) {
    if (propagates) {
      W3CTraceContextPropagator.getInstance()
          .inject(
              context(),
              message,
              (to, name, value) -> {
                // What other vendors have noted in the tracestate is none of a receiver's business.
                if (to != null && name.equals(Spans.TRACE_PARENT)) {
                  to.setHeader(name, value);
                }
              });
    }
  }

  /** Notes the status of an HTTP answer. */
  public void answered(int status) {
    span.setAttribute(STATUS, (long) status);
  }

  /** Ends the span of what has succeeded. */
  public void end() {
    try {
      span.end();
    } catch (RuntimeException e) {
      // A processor of a host's that fails is no reason to deliver an event again.
    }
  }

  /**
   * Ends the span of what has failed.
   *
   * @param type the kind of failure, of which there are few
   * @param description what is wrong, without secrets
   */
  public void fail(String type, String description) {
    span.setAttribute(ERROR, type);
    span.setStatus(StatusCode.ERROR, description);
    end();
  }
}
