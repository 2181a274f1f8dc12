package io.dromedary.http;

import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadPoolExecutor;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.support.LifecycleStrategySupport;
import org.jspecify.annotations.Nullable;

/**
 * Makes the HTTP server hand on the bodies of a path as they came, and answer in JSON where it
 * answers by itself. It would parse a body that calls itself a form, as a gzip body of the
 * RudderStack Node SDK does, and leave nothing of it. Camel Main's server and that of Quarkus are
 * told so here; what stands before another looks up here which paths are meant.
 */
public final class RawBodies {

  /** The longest body that is read, before it is unpacked. */
  public static final int MOST_BYTES = 1024 * 1024;

  /** In how many seconds to come again while the context starts or stops. */
  private static final String STARTS = "1";

  /** Whether there is Vert.x: a host may bring another server. */
  private static final boolean IS_VERTX = isVertx();

  /** The longest text of a body, in bytes. SDKs fill batches to 512,000. */
  public static final int MOST_TEXT_BYTES = 512_000;

  /**
   * The {@code Cache-Control} of answers to requests that read: they are for who asked, and for
   * now.
   */
  public static final String NOT_KEPT = "no-store";

  private RawBodies() {}

  private static boolean isVertx() {
    try {
      Class.forName("org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter");
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /** The paths of a context, and what is checked of requests to them. */
  private static final class Paths {

    /** By the paths of requests, which begin with the server's root. */
    private final Map<String, RequestCheck> checks = new ConcurrentHashMap<>();

    /** Those of endpoints; guarded by {@link RawBodies}. */
    private final Set<String> endpoints = new HashSet<>();

    /** Those whose requests the server brings here; guarded by {@link RawBodies}. */
    private final Set<String> served = new HashSet<>();

    static @Nullable Paths of(CamelContext context) {
      return context.getCamelContextExtension().getContextPlugin(Paths.class);
    }
  }

  /** What is checked of requests to a path, or null where no path that is kept is above it. */
  public static @Nullable RequestCheck checkOf(CamelContext context, String path) {
    Paths paths = Paths.of(context);
    return paths == null
        ? null
        : paths.checks.entrySet().stream()
            .filter(kept -> isBelow(path, kept.getKey()))
            .max(Comparator.comparingInt(kept -> kept.getKey().length()))
            .map(Map.Entry::getValue)
            .orElse(null);
  }

  /** Whether a path is another, or below it; senders may double its slashes. */
  public static boolean isBelow(String path, String parent) {
    // Asked for each request: few have what the patterns look for.
    String single = path.contains("//") ? path.replaceAll("/+", "/") : path;
    String above = parent.endsWith("/") ? parent.replaceAll("/+$", "") : parent;
    return single.equals(above) || single.startsWith(above + "/");
  }

  /**
   * Why a request is refused before its body is read, or null if it is not.
   *
   * @param check that of its path
   */
  public static @Nullable Refusal check(
      CamelContext context, RequestCheck check, RequestHead head) {
    if (!context.isStarted()) {
      return ofServer(context, 503);
    }
    if (!head.hasPlainPath()) {
      return Refusal.ofPath();
    }
    return check.check(head);
  }

  /** What a server says by itself, before a route has been asked. */
  public static Refusal ofServer(CamelContext context, int status) {
    Refusal refusal = Refusal.ofServer(status);
    // Soon, since it is only that the context starts.
    return status == 503 && !context.isStarted()
        ? new Refusal(status, refusal.code(), refusal.message(), Map.of("Retry-After", STARTS))
        : refusal;
  }

  /**
   * The headers of an answer that no route has made.
   *
   * @param check that of the path, or null where there is none
   */
  public static Map<String, Object> answerHeaders(
      @Nullable RequestCheck check, @Nullable String origin, Refusal refusal) {
    Map<String, Object> headers = new HashMap<>(check == null ? Map.of() : check.headers(origin));
    headers.putAll(refusal.headers());
    return headers;
  }

  /**
   * Takes the Content-Type off requests to a path before anything looks at their bodies, refuses
   * what the check does, and answers 503 while the context starts or stops, or no endpoint serves
   * the path. To be called before the server starts: a sender that comes a moment too early must
   * not hear 404, upon which it would drop its events.
   *
   * @param root what the server puts before the path of each endpoint; empty, or a path
   */
  public static void keep(CamelContext context, String root, String path, RequestCheck check) {
    RefusedRequests.in(context);
    synchronized (RawBodies.class) {
      Paths paths = Paths.of(context);
      if (paths == null) {
        paths = new Paths();
        context.getCamelContextExtension().addContextPlugin(Paths.class, paths);
        if (IS_VERTX) {
          context.addLifecycleStrategy(new ServerStart());
        }
      }
      paths.checks.put(root + path, check);
      paths.endpoints.add(path);
    }
    serve(context);
  }

  /**
   * Brings the requests to all paths that are kept to their checks, once the server has a router.
   * To be called by a server that has one and starts in its own way.
   */
  public static void serve(CamelContext context) {
    synchronized (RawBodies.class) {
      Paths paths = Paths.of(context);
      if (IS_VERTX && paths != null) {
        for (String path : paths.endpoints) {
          if (!paths.served.contains(path) && VertxRoutes.add(context, path)) {
            paths.served.add(path);
          }
        }
      }
    }
  }

  /**
   * Adds the routes between the moment at which Camel's server has made its router and the one at
   * which it listens, when it asks for the thread it starts on: there is no other word of it.
   */
  private static final class ServerStart extends LifecycleStrategySupport {

    @Override
    public void onThreadPoolAdd(
        CamelContext context,
        ThreadPoolExecutor pool,
        String id,
        String sourceId,
        String routeId,
        String profileId) {
      serve(context);
    }
  }

  /** Apart, so that it is loaded only where there is Vert.x. */
  private static final class VertxRoutes {

    /** Before the routes of all endpoints. */
    private static final int FIRST = -1;

    /** Returns whether there was a router to add to. */
    static boolean add(CamelContext context, String path) {
      Set<VertxPlatformHttpRouter> routers =
          context.getRegistry().findByType(VertxPlatformHttpRouter.class);
      for (VertxPlatformHttpRouter router : routers) {
        router
            .route(path + "*")
            .order(FIRST)
            .handler(
                request -> {
                  VertxRequests.Asked asked = VertxRequests.asked(context, request);
                  RequestHead head = asked.head();
                  RequestCheck check = asked.check();
                  if (head.isRead()) {
                    String kept = check == null ? NOT_KEPT : check.cacheControl(head);
                    request.response().putHeader("Cache-Control", kept);
                  }
                  Refusal refusal = check == null ? null : check(context, check, head);
                  if (refusal == null) {
                    request.request().headers().remove("Content-Type");
                    request.next();
                    return;
                  }
                  if (!context.isStarted()) {
                    // Camel would keep the connection for the next one.
                    request.response().putHeader("Connection", "close");
                  }
                  answer(context, request, refusal);
                })
            .failureHandler(request -> refuse(context, request));
        // Where no endpoint has the path: its route has not started yet, or has stopped already.
        router
            .route(path + "*")
            .last()
            .handler(
                request -> {
                  if (VertxRequests.asked(context, request).check() != null) {
                    answer(context, request, ofServer(context, 503));
                  } else {
                    request.next();
                  }
                });
      }
      return !routers.isEmpty();
    }

    private static void refuse(CamelContext context, RoutingContext request) {
      int status = request.statusCode() < 400 ? 500 : request.statusCode();
      answer(context, request, ofServer(context, status));
    }

    private static void answer(CamelContext context, RoutingContext request, Refusal refusal) {
      VertxRequests.Asked asked = VertxRequests.asked(context, request);
      Map<String, Object> headers = answerHeaders(asked.check(), asked.head().origin(), refusal);
      VertxRequests.refuse(context, request, headers, refusal);
    }
  }
}
