package io.dromedary.routing;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * A route step whose exchange fails on any {@link Throwable}, including an {@link Error}.
 *
 * <p>Camel treats only exceptions of a plain {@link Processor} as failures. If a step throws an
 * {@code Error}, Camel still queues the rest of the route with the message as it was before the
 * step, and the next exchange on that thread runs it. So the message continues without the check,
 * change or signature of the step. {@link FailClosedSteps} prevents this in our routes; steps for
 * routes of a host extend this class.
 */
public abstract class FailClosed extends AsyncProcessorSupport {

  /** Runs the step, which is complete when the method returns. */
  protected abstract void run(Exchange exchange) throws Exception;

  @Override
  public final boolean process(Exchange exchange, AsyncCallback callback) {
    try {
      run(exchange);
    } catch (Throwable e) {
      fail(exchange, e);
    }
    // Not in a finally block: if the failure itself cannot be recorded, nothing must continue.
    callback.done(true);
    return true;
  }

  /** Makes an exchange fail. After an {@code Error}, its message has no body any more, either. */
  public static void fail(Exchange exchange, Throwable failure) {
    if (failure instanceof Error) {
      exchange.getMessage().setBody(null);
    }
    if (failure instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
    exchange.setException(failure);
  }
}
