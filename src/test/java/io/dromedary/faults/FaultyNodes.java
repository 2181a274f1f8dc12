package io.dromedary.faults;

import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.CamelContextHelper;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.jspecify.annotations.Nullable;

/** Makes the steps of all routes of a context pass by {@link Faults}, before and after each. */
final class FaultyNodes implements InterceptStrategy {

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext context, NamedNode node, Processor target, @Nullable Processor next) {
    String where = "node " + CamelContextHelper.getRouteId(node) + "/" + node.getId();
    return new DelegateAsyncProcessor(target) {
      @Override
      public boolean process(Exchange exchange, AsyncCallback callback) {
        if (fails("before", where, exchange)) {
          callback.done(true);
          return true;
        }
        return super.process(
            exchange,
            doneSync -> {
              try {
                fails("after", where, exchange);
              } catch (Error e) {
                if (doneSync) {
                  throw e;
                }
                // Nothing but Camel's engine is around a callback that comes later.
                exchange.setException(e);
              }
              callback.done(doneSync);
            });
      }
    };
  }

  /**
   * Whether the step fails, as Camel has it of one that throws: the exchange says so, but of an
   * Error nobody takes notice.
   */
  private static boolean fails(String when, String where, Exchange exchange) {
    try {
      Faults.at(when, where);
      return false;
    } catch (Exception e) {
      exchange.setException(e);
      return true;
    }
  }
}
