package io.dromedary.server;

import io.dromedary.http.RawBodies;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.Settings;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.concurrent.ExecutionException;
import org.apache.camel.CamelContext;
import org.apache.camel.Service;
import org.apache.camel.StartupListener;
import org.apache.camel.component.platform.http.PlatformHttpConstants;
import org.apache.camel.component.platform.http.main.DefaultMainHttpServerFactory;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.component.platform.http.vertx.auth.Default401ErrorHandler;
import org.apache.camel.component.vertx.common.VertxHelper;
import org.apache.camel.main.HttpServerConfigurationProperties;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP server of the packaged application. It listens when everything else has started: Camel's
 * own listens first, and whoever has waited for the port, as all senders do after a restart, would
 * be refused. What strangers may do is bounded: see {@link Connections}, {@link RequestRoom} and
 * {@link RequestRules}. Camel's own server takes no options, so Vert.x's is made here.
 */
public final class LateHttpServer extends VertxPlatformHttpServer implements StartupListener {

  /** Those of endpoints are 0 and more, and what reads their bodies comes before. */
  private static final int BEFORE_ALL = -2;

  /** Browsers send cookies of more than 8 KB to first-party domains. */
  static final int MOST_HEADER_BYTES = 32 * 1024;

  static final int MOST_LINE_BYTES = 16 * 1024;

  private static final int MOST_STREAMS = 100;

  private @Nullable HttpServer server;
  private @Nullable Heartbeat heartbeat;

  private LateHttpServer(VertxPlatformHttpServerConfiguration configuration) {
    super(configuration);
  }

  /** Camel Main looks for one in the registry. */
  public static final class Factory extends DefaultMainHttpServerFactory {

    @Override
    public Service newHttpServer(
        CamelContext context, HttpServerConfigurationProperties properties) {
      // What it was told is taken from Camel's own, which is not started.
      MainHttpServer camels = (MainHttpServer) super.newHttpServer(context, properties);
      VertxPlatformHttpServerConfiguration configuration = camels.getConfiguration();
      configuration.setServerType(VertxPlatformHttpRouter.SERVER_TYPE_SERVER);
      // A head that announces a body would take 64 KiB.
      configuration.getBodyHandler().setPreallocateBodyBuffer(false);
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
    // Camel's asks for a thread to start on next, which this one does not.
    RawBodies.serve(getCamelContext());
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
    HttpServerOptions options = options(context);
    Connections connections =
        new Connections(Connections.most(), Connections.FIRST_HEAD, Connections.NEXT_HEAD);
    HttpServer listening = getVertx().createHttpServer(options);
    listening.connectionHandler(
        connection -> {
          connections.opened(connection);
          if (connection instanceof ConnectionBase base) {
            StrictRequestDecoder.in(base.channel().pipeline(), options);
          }
        });
    server = listening;
    Heartbeat beats =
        new Heartbeat(getVertx().getOrCreateContext(), Heartbeat.LONGEST_SILENCE, Heartbeat::halt);
    heartbeat = beats;
    beats.start();
    connections.watch(getVertx());
    try {
      listening
          .invalidRequestHandler(request -> JsonErrors.answerUnreadable(context, request))
          .requestHandler(router(context, connections))
          .listen(getConfigurationPort(), getHost())
          .toCompletionStage()
          .toCompletableFuture()
          .get();
    } catch (ExecutionException e) {
      throw ServerCheck.notFree(ServerCheck.SERVER, getHost(), port, String.valueOf(e.getCause()));
    }
  }

  private HttpServerOptions options(CamelContext context) throws Exception {
    // A connection may have many requests at a time by it, which few clients ask for without TLS.
    HttpServerOptions options =
        new HttpServerOptions()
            .setHttp2ClearTextEnabled(Settings.of(context).h2c())
            .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(MOST_STREAMS))
            .setMaxHeaderSize(MOST_HEADER_BYTES)
            .setMaxInitialLineLength(MOST_LINE_BYTES);
    if (isUseGlobalSslContextParameters() && context.getSSLContextParameters() != null) {
      VertxHelper.setupSSLOptions(context, context.getSSLContextParameters(), options);
    }
    return options;
  }

  private Router router(CamelContext context, Connections connections) {
    boolean isLocal = Settings.isLoopback(getHost());
    String own = VertxPlatformHttpRouter.getRouterNameFromPort(getConfigurationPort());
    VertxPlatformHttpRouter camels = VertxPlatformHttpRouter.lookup(context, own);
    camels
        .route()
        .order(BEFORE_ALL)
        .handler(new RequestRoom(HeapShare.REQUESTS.bytes(), RequestRoom.GRACE));
    for (VertxPlatformHttpRouter each :
        context.getRegistry().findByType(VertxPlatformHttpRouter.class)) {
      serveHead(each);
      if (each != camels) {
        JsonErrors.in(context, each);
        // That of the health, which listens on loopback unless it asks for a password.
        each.route()
            .order(BEFORE_ALL)
            .handler(new RequestRules(context, Settings.isLoopback(each.getServer().getHost())));
      }
    }
    Router router = Router.router(getVertx());
    JsonErrors.in(context, router);
    router.errorHandler(401, new Default401ErrorHandler());
    router.route().handler(connections);
    router.route().handler(new RequestRules(context, isLocal));
    // Not as a sub-router, which has to be Vert.x's own.
    router
        .route(getPath() + "*")
        .handler(camels::handleContext)
        .failureHandler(camels::handleFailure);
    return router;
  }

  /**
   * Load balancers ask so for the health; Camel serves it, and what else it serves, to GET only.
   */
  private static void serveHead(Router router) {
    for (Route route : router.getRoutes()) {
      if (route.methods() != null && route.methods().contains(HttpMethod.GET)) {
        route.method(HttpMethod.HEAD);
      }
    }
  }

  @Override
  public @Nullable HttpServer getServer() {
    return server;
  }

  @Override
  public int getPort() {
    return server == null ? getConfigurationPort() : server.actualPort();
  }

  @Override
  protected void stopServer() {
    getCamelContext().removeComponent(PlatformHttpConstants.PLATFORM_HTTP_COMPONENT_NAME);
    if (heartbeat != null) {
      heartbeat.stop();
    }
    if (server != null) {
      server.close().toCompletionStage().toCompletableFuture().join();
      server = null;
    }
  }

  /** Camel's way needs the thread on which its server was started. */
  @Override
  protected void stopVertx() {
    if (getVertx() != null && lookupVertx() == null) {
      getVertx().close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
