package io.dromedary.http;

import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.support.LifecycleStrategySupport;

/**
 * Runs something after a server of Camel has created its router and before it listens. At that time
 * the server asks for its start thread, and Camel has no other event for it. Other requests for a
 * thread pool are told as well.
 */
public final class ServerStart extends LifecycleStrategySupport {

  private final Consumer<CamelContext> action;

  public ServerStart(Consumer<CamelContext> action) {
    this.action = action;
  }

  @Override
  public void onThreadPoolAdd(
      CamelContext context,
      ThreadPoolExecutor pool,
      String id,
      String sourceId,
      String routeId,
      String profileId) {
    action.accept(context);
  }
}
