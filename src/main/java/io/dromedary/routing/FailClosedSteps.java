package io.dromedary.routing;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Ordered;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.spi.WrapAwareProcessor;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the exchanges of our routes fail on anything a step throws, including Camel's own steps.
 *
 * <p>Most of Camel's steps do not catch an {@code Error}. On the thread that began the exchange it
 * reaches the consumer, but after an asynchronous step nothing catches it: the exchange would never
 * end, and its event would stay in flight.
 */
public final class FailClosedSteps implements InterceptStrategy, Ordered {

  private static final Logger LOG = LoggerFactory.getLogger(FailClosedSteps.class);

  private static final String OURS = "dromedary-";

  private FailClosedSteps() {}

  /** Wraps the steps of our routes in a context whose routes have not been built yet. */
  public static synchronized void in(CamelContext context) {
    var extension = context.getCamelContextExtension();
    if (extension.getInterceptStrategies().stream().noneMatch(FailClosedSteps.class::isInstance)) {
      extension.addInterceptStrategy(new FailClosedSteps());
    }
  }

  /** Outermost, so that failures of other interceptors are caught as well. */
  @Override
  public int getOrder() {
    return HIGHEST;
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext context, NamedNode node, Processor target, Processor next) {
    String route = CamelContextHelper.getRouteId(node);
    return route != null && route.startsWith(OURS) ? new Step(target) : target;
  }

  private static final class Step extends DelegateAsyncProcessor implements WrapAwareProcessor {

    Step(Processor target) {
      super(target);
    }

    @Override
    public Processor getWrapped() {
      return getProcessor();
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      Continuation continuation = new Continuation(callback);
      boolean isSync;
      try {
        isSync = getProcessor().process(exchange, continuation);
      } catch (Throwable e) {
        isSync = continuation.fail(exchange, e);
      }
      continuation.returned(isSync);
      return isSync;
    }
  }

  /**
   * Continues an exchange exactly once. If the step completes synchronously, this waits for the
   * step to return: Camel's bridge to plain processors calls its callback in a {@code finally}
   * block, before it is known that an {@code Error} was thrown.
   */
  private static final class Continuation extends AtomicInteger implements AsyncCallback {

    private static final long serialVersionUID = 1L;

    private static final int RUNNING = 0;
    private static final int DONE = 1;
    private static final int RETURNED = 2;
    private static final int GONE_ON = 3;

    private final transient AsyncCallback callback;

    Continuation(AsyncCallback callback) {
      this.callback = callback;
    }

    @Override
    public void done(boolean doneSync) {
      if (doneSync && compareAndSet(RUNNING, DONE)) {
        return;
      }
      if (getAndSet(GONE_ON) != GONE_ON) {
        callback.done(false);
      }
    }

    /** Handles a step that has thrown. Returns whether the exchange continues on this thread. */
    boolean fail(Exchange exchange, Throwable failure) {
      if (get() == GONE_ON) {
        // Another thread may own the exchange. Throwing would hold up other exchanges on this
        // thread.
        LOG.error("A step has failed that was done before", failure);
        return false;
      }
      FailClosed.fail(exchange, failure);
      done(true);
      return true;
    }

    /** Handles a step that has returned. */
    void returned(boolean isSync) {
      if (!compareAndSet(RUNNING, RETURNED) && compareAndSet(DONE, GONE_ON)) {
        callback.done(isSync);
      }
    }
  }
}
