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
 * A span that has been started. Its owner has to call {@link #end} or {@link #fail} once; later
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

  /** The span's context in bytes, for later spans to link to, or null if it is not sampled. */
  public byte @Nullable [] toBytes() {
    return TraceContext.toBytes(span.getSpanContext());
  }

  /** Runs an action while the span is the current one of this thread. */
  @SuppressWarnings("try") // The scope only has to be closed.
  public void call(Action action) throws Exception {
    try (Scope scope = span.makeCurrent()) {
      action.run();
    }
  }

  /** An action that runs within a span. */
  public interface Action {
    void run() throws Exception;
  }

  /** Adds the header {@code traceparent} if {@code webhooks.tracing.propagate} is on. */
  public void propagate(Message message) {
    if (propagates) {
      W3CTraceContextPropagator.getInstance()
          .inject(
              context(),
              message,
              (to, name, value) -> {
                // The tracestate holds data of tracing vendors, which receivers must not see.
                if (to != null && name.equals(Spans.TRACE_PARENT)) {
                  to.setHeader(name, value);
                }
              });
    }
  }

  /** Records the status of an HTTP response. */
  public void answered(int status) {
    span.setAttribute(STATUS, (long) status);
  }

  /** Ends the span after success. */
  public void end() {
    try {
      span.end();
    } catch (RuntimeException e) {
      // A failure of a host's span processor must not cause a redelivery.
    }
  }

  /**
   * Ends the span after a failure.
   *
   * @param type the kind of failure, one of a few
   * @param description a description without secrets
   */
  public void fail(String type, String description) {
    span.setAttribute(ERROR, type);
    span.setStatus(StatusCode.ERROR, description);
    end();
  }
}
