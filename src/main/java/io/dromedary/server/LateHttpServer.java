package io.dromedary.server;

import io.dromedary.http.RawBodies;
import io.dromedary.http.ServerStart;
import io.dromedary.http.VertxRequests;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.Settings;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
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
 * The HTTP server of the packaged application. It listens after everything else has started.
 * Camel's own server listens first, so senders that wait for the port, as all do after a restart,
 * would be refused. The server bounds what strangers can do: see {@link Connections}, {@link
 * RequestBudget} and {@link RequestRules}. Camel's own server takes no options, so this class
 * creates the Vert.x server itself.
 */
public final class LateHttpServer extends VertxPlatformHttpServer implements StartupListener {

  /**
   * The order of endpoints is 0 or more, and the handlers that read their bodies come just before.
   */
  private static final int BEFORE_ALL = -2;

  /** Browsers send cookies of more than 8 KB to first-party domains. */
  static final int MOST_HEADER_BYTES = 32 * 1024;

  static final int MOST_LINE_BYTES = 16 * 1024;

  /** As much as is read from a connection at once. */
  private static final int MOST_CHUNK_BYTES = 64 * 1024;

  private static final int MOST_STREAMS = 100;

  private final long mostBodyBytes;
  private @Nullable HttpServer server;
  private @Nullable Heartbeat heartbeat;

  /** The routers of other servers that have their rules. */
  private final Set<VertxPlatformHttpRouter> checked = ConcurrentHashMap.newKeySet();

  private LateHttpServer(VertxPlatformHttpServerConfiguration configuration) {
    super(configuration);
    Long most = configuration.getMaxBodySize();
    mostBodyBytes = most == null ? RawBodies.MOST_BYTES : most;
  }

  /** Creates the server; Camel Main finds the factory in the registry. */
  public static final class Factory extends DefaultMainHttpServerFactory {

    @Override
    public Service newHttpServer(
        CamelContext context, HttpServerConfigurationProperties properties) {
      // The configuration is taken from Camel's own server, which is not started.
      MainHttpServer camels = (MainHttpServer) super.newHttpServer(context, properties);
      VertxPlatformHttpServerConfiguration configuration = camels.getConfiguration();
      configuration.setServerType(VertxPlatformHttpRouter.SERVER_TYPE_SERVER);
      // Otherwise every request with a body would allocate 64 KiB.
      configuration.getBodyHandler().setPreallocateBodyBuffer(false);
      // Routes find their server by its port, which a server that does not listen yet does not
      // know.
      context.getRegistry().bind("dromedary-http-server", configuration);
      LateHttpServer server = new LateHttpServer(configuration);
      // They listen earlier.
      context.addLifecycleStrategy(new ServerStart(server::checkOthers));
      return server;
    }
  }

  /** Puts the rules before other servers, such as that of the health endpoint. */
  private void checkOthers(CamelContext context) {
    for (VertxPlatformHttpRouter each :
        context.getRegistry().findByType(VertxPlatformHttpRouter.class)) {
      if (each.getServer() != this && checked.add(each)) {
        JsonErrors.in(context, each);
        // Other servers listen on loopback unless they require a password.
        each.route()
            .order(BEFORE_ALL)
            .handler(new RequestRules(context, Settings.isLoopback(each.getServer().getHost())));
      }
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
    CamelContext context = getCamelContext();
    // After the check of a password, which has been added, and before the endpoints, which will be.
    ownRouter(context)
        .route()
        .handler(
            new BodyCollector(
                mostBodyBytes, exchange -> VertxRequests.asked(context, exchange).check() != null));
    // Camel's server asks for a start thread at this point, which this one does not.
    RawBodies.serve(context);
  }

  private VertxPlatformHttpRouter ownRouter(CamelContext context) {
    return VertxPlatformHttpRouter.lookup(
        context, VertxPlatformHttpRouter.getRouterNameFromPort(getConfigurationPort()));
  }

  /** Does nothing yet: routes need only the router, which already exists. */
  @Override
  protected void startServer() {}

  @Override
  public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {}

  @Override
  public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted)
      throws Exception {
    String port = Integer.toString(getConfigurationPort());
    // Another process may have taken the port during the start.
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
    // With HTTP/2 a connection may have many concurrent requests; few clients ask for it without
    // TLS.
    HttpServerOptions options =
        new HttpServerOptions()
            .setHttp2ClearTextEnabled(Settings.of(context).h2c())
            .setInitialSettings(new Http2Settings().setMaxConcurrentStreams(MOST_STREAMS))
            .setMaxChunkSize(MOST_CHUNK_BYTES)
            .setMaxHeaderSize(MOST_HEADER_BYTES)
            .setMaxInitialLineLength(MOST_LINE_BYTES);
    if (isUseGlobalSslContextParameters() && context.getSSLContextParameters() != null) {
      VertxHelper.setupSSLOptions(context, context.getSSLContextParameters(), options);
    }
    return options;
  }

  private Router router(CamelContext context, Connections connections) {
    boolean isLocal = Settings.isLoopback(getHost());
    VertxPlatformHttpRouter camels = ownRouter(context);
    camels
        .route()
        .order(BEFORE_ALL)
        .handler(new RequestBudget(HeapShare.REQUESTS.bytes(), RequestBudget.GRACE));
    for (VertxPlatformHttpRouter each :
        context.getRegistry().findByType(VertxPlatformHttpRouter.class)) {
      serveHead(each);
    }
    checkOthers(context);
    Router router = Router.router(getVertx());
    JsonErrors.in(context, router);
    router.errorHandler(401, new Default401ErrorHandler());
    router.route().handler(connections);
    router.route().handler(new RequestRules(context, isLocal));
    // Not as a sub-router, which would have to be Vert.x's own class.
    router
        .route(getPath() + "*")
        .handler(camels::handleContext)
        .failureHandler(camels::handleFailure);
    return router;
  }

  /**
   * Serves HEAD like GET, because load balancers use it for health checks and Camel serves only
   * GET.
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

  /** Camel's own way needs the thread that started its server. */
  @Override
  protected void stopVertx() {
    if (getVertx() != null && lookupVertx() == null) {
      getVertx().close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
