package io.dromedary;

import io.dromedary.settings.HeapShare;
import io.vertx.core.http.impl.HttpServerImpl;
import org.apache.camel.CamelContext;
import org.apache.camel.Service;
import org.apache.camel.StartupListener;
import org.apache.camel.component.platform.http.main.DefaultMainHttpServerFactory;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.main.HttpServerConfigurationProperties;

/**
 * The HTTP server of the packaged application. It listens when everything else has started: Camel's
 * own listens first, and whoever has waited for the port, as all senders do after a restart, would
 * be refused. What is being received is bounded by its bytes ({@link RequestRoom}).
 */
final class LateHttpServer extends VertxPlatformHttpServer implements StartupListener {

  /** Those of endpoints are 0 and more, and what reads their bodies comes before. */
  private static final int BEFORE_ALL = -2;

  private boolean isListening;

  private LateHttpServer(VertxPlatformHttpServerConfiguration configuration) {
    super(configuration);
  }

  /** Camel Main looks for one in the registry. */
  static final class Factory extends DefaultMainHttpServerFactory {

    @Override
    public Service newHttpServer(
        CamelContext context, HttpServerConfigurationProperties properties) {
      // What it was told is taken from Camel's own, which is not started.
      MainHttpServer server = (MainHttpServer) super.newHttpServer(context, properties);
      VertxPlatformHttpServerConfiguration configuration = server.getConfiguration();
      configuration.setServerType(VertxPlatformHttpRouter.SERVER_TYPE_SERVER);
      // Routes find their server by its port, which one that does not listen yet cannot tell.
      context.getRegistry().bind("dromedary-http-server", configuration);
      return new LateHttpServer(configuration);
    }
  }

  @Override
  protected void doInit() throws Exception {
    super.doInit();
    getCamelContext().addStartupListener(this);
  }

  @Override
  protected void initializeServer() {
    super.initializeServer();
    String name = VertxPlatformHttpRouter.getRouterNameFromPort(getConfigurationPort());
    VertxPlatformHttpRouter.lookup(getCamelContext(), name)
        .route()
        .order(BEFORE_ALL)
        .handler(new RequestRoom(HeapShare.REQUESTS.bytes(), RequestRoom.LONGEST));
  }

  /** Nothing yet: routes find the router, which there is already. */
  @Override
  protected void startServer() {}

  @Override
  public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {}

  @Override
  public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted)
      throws Exception {
    String port = Integer.toString(getConfigurationPort());
    // Something may have taken it during the start.
    ServerCheck.check(ServerCheck.SERVER, getHost(), port);
    super.startServer();
    isListening = true;
    if (getServer() instanceof HttpServerImpl server && server.isClosed()) {
      throw ServerCheck.notFree(ServerCheck.SERVER, getHost(), port, "the log says why");
    }
  }

  /** Camel's way needs the thread on which the server was started. */
  @Override
  protected void stopVertx() {
    if (isListening) {
      super.stopVertx();
    } else if (getVertx() != null && lookupVertx() == null) {
      getVertx().close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
