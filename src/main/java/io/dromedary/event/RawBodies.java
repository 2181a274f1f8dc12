package io.dromedary.event;

import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.support.LifecycleStrategySupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes Camel Main's HTTP server hand on the bodies of a path as they came, and answer in JSON
 * where it answers by itself. It would parse a body that calls itself a form, as a gzip body of the
 * RudderStack Node SDK does, and leave nothing of it.
 */
public final class RawBodies {

  /** Whether the HTTP server is Camel Main's: a host may bring another. */
  private static final boolean IS_VERTX = isVertx();

  private RawBodies() {}

  private static boolean isVertx() {
    try {
      Class.forName("org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The path of a {@code platform-http} endpoint URI. */
  static String path(String inbound) {
    return inbound.replaceFirst("^platform-http:/*", "/").replaceFirst("\\?.*$", "");
  }

  /**
   * Takes the Content-Type off requests to a path before anything looks at their bodies, and
   * answers 503 while no endpoint serves the path. To be called before the server starts: a sender
   * that comes a moment too early must not hear 404, upon which it would drop its events.
   *
   * @param cors the headers of an answer to a request with that {@code Origin}, which may be null
   */
  public static void keep(
      CamelContext context, String path, Function<@Nullable String, Map<String, Object>> cors) {
    if (IS_VERTX && !VertxRoutes.add(context, path, cors)) {
      context.addLifecycleStrategy(new ServerStart(path, cors));
    }
  }

  /**
   * Adds the routes between the moment at which the server has made its router and the one at which
   * it listens, when it asks for the thread it starts on: there is no other word of it.
   */
  private static final class ServerStart extends LifecycleStrategySupport {

    private final String path;
    private final Function<@Nullable String, Map<String, Object>> cors;
    private final AtomicBoolean done = new AtomicBoolean();

    ServerStart(String path, Function<@Nullable String, Map<String, Object>> cors) {
      this.path = path;
      this.cors = cors;
    }

    @Override
    public void onThreadPoolAdd(
        CamelContext context,
        ThreadPoolExecutor pool,
        String id,
        String sourceId,
        String routeId,
        String profileId) {
      if (!done.get() && VertxRoutes.add(context, path, cors)) {
        done.set(true);
      }
    }
  }

  /** Apart, so that it is loaded only where there is Vert.x. */
  private static final class VertxRoutes {

    /** Before the routes of all endpoints. */
    private static final int FIRST = -1;

    /** Returns whether there was a router to add to. */
    static boolean add(
        CamelContext context, String path, Function<@Nullable String, Map<String, Object>> cors) {
      Set<VertxPlatformHttpRouter> routers =
          context.getRegistry().findByType(VertxPlatformHttpRouter.class);
      for (VertxPlatformHttpRouter router : routers) {
        router
            .route(path + "*")
            .order(FIRST)
            .handler(
                request -> {
                  request.request().headers().remove("Content-Type");
                  request.next();
                })
            .failureHandler(request -> refuse(request, cors));
        // Where no endpoint has the path: its route has not started yet, or has stopped already.
        router.route(path + "*").last().handler(request -> answer(request, cors, 503));
      }
      return !routers.isEmpty();
    }

    private static void refuse(
        RoutingContext request, Function<@Nullable String, Map<String, Object>> cors) {
      answer(request, cors, request.statusCode() < 400 ? 500 : request.statusCode());
    }

    private static void answer(
        RoutingContext request, Function<@Nullable String, Map<String, Object>> cors, int status) {
      HttpServerResponse response = request.response();
      if (response.ended()) {
        return;
      }
      cors.apply(request.request().getHeader("Origin"))
          .forEach((name, value) -> response.putHeader(name, value.toString()));
      if (status == 503) {
        response.putHeader("Retry-After", HttpAnswer.RETRY_AFTER);
      }
      response
          .setStatusCode(status)
          .putHeader("Content-Type", "application/json")
          .end(HttpAnswer.ofServer(status));
    }
  }
}
