package io.dromedary.routing;

import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.support.AsyncProcessorSupport;

/**
 * A step of a route whose exchange fails whatever is thrown in it, an {@link Error} too.
 *
 * <p>Camel takes only exceptions of a plain {@link Processor} for failures. If one throws an {@code
 * Error}, Camel nevertheless queues the rest of the route, with the message as it was before the
 * step, and the next exchange on that thread runs it: what was to be checked, changed or signed
 * goes on unchecked. {@link FailClosedSteps} sees to that in our routes; steps that are put into
 * routes of a host extend this class.
 */
public abstract class FailClosed extends AsyncProcessorSupport {

  /** Does the step, which is done when it returns. */
  protected abstract void run(Exchange exchange) throws Exception;

  @Override
  public final boolean process(Exchange exchange, AsyncCallback callback) {
    try {
      run(exchange);
    } catch (Throwable e) {
      fail(exchange, e);
    }
    // Not in a finally block: if even the failure cannot be noted, nothing goes on.
    callback.done(true);
    return true;
  }

  /** Makes an exchange fail. Of an {@code Error}, its message keeps no body, either. */
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
