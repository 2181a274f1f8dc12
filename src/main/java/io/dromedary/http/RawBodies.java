package io.dromedary.http;

import io.vertx.ext.web.RoutingContext;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.jspecify.annotations.Nullable;

/**
 * Makes the HTTP server pass the bodies of some paths on unchanged and answer in JSON where it
 * answers by itself. Servers parse and consume a body that claims to be a form, as a gzip body of
 * the RudderStack Node SDK does. This class configures the servers of Camel Main and Quarkus;
 * adapters for other servers look the paths up here.
 */
public final class RawBodies {

  /** The longest body that is read, before decompression, in bytes. */
  public static final int MOST_BYTES = 1024 * 1024;

  /** The seconds in {@code Retry-After} while the context starts or stops. */
  private static final String STARTS = "1";

  /** Whether Vert.x is present; a host may have another server. */
  private static final boolean IS_VERTX = isVertx();

  /** The longest decompressed body in bytes. SDKs fill batches up to 512,000. */
  public static final int MOST_TEXT_BYTES = 512_000;

  /** The {@code Cache-Control} of answers to GET and HEAD, which must not be stored. */
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

  /** The paths of a context and the checks of requests to them. */
  private static final class Paths {

    /** The checks by request path, which begins with the server's root. */
    private final Map<String, RequestCheck> checks = new ConcurrentHashMap<>();

    /** The paths of endpoints; guarded by {@link RawBodies}. */
    private final Set<String> endpoints = new HashSet<>();

    /** The paths whose requests the server already passes on here; guarded by {@link RawBodies}. */
    private final Set<String> served = new HashSet<>();

    static @Nullable Paths of(CamelContext context) {
      return context.getCamelContextExtension().getContextPlugin(Paths.class);
    }
  }

  /** Returns the check of requests to a path, or null if it is not below a registered path. */
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

  /** Returns whether a path equals another or is below it. Doubled slashes count as one. */
  public static boolean isBelow(String path, String parent) {
    // This runs for each request, and the patterns rarely match.
    String single = path.contains("//") ? path.replaceAll("/+", "/") : path;
    String above = parent.endsWith("/") ? parent.replaceAll("/+$", "") : parent;
    return single.equals(above) || single.startsWith(above + "/");
  }

  /**
   * Returns why a request is refused before its body is read, or null if it is not.
   *
   * @param check the check of the request's path
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

  /** Returns the answer of a server that fails a request before it reaches a route. */
  public static Refusal ofServer(CamelContext context, int status) {
    Refusal refusal = Refusal.ofServer(status);
    // Soon, because the context is only starting or stopping.
    return status == 503 && !context.isStarted()
        ? new Refusal(status, refusal.code(), refusal.message(), Map.of("Retry-After", STARTS))
        : refusal;
  }

  /**
   * Returns the headers of an answer that does not come from a route.
   *
   * @param check the check of the path, or null if there is none
   */
  public static Map<String, Object> answerHeaders(
      @Nullable RequestCheck check, @Nullable String origin, Refusal refusal) {
    Map<String, Object> headers = new HashMap<>(check == null ? Map.of() : check.headers(origin));
    headers.putAll(refusal.headers());
    return headers;
  }

  /**
   * Registers a path. Its requests lose their Content-Type before anything looks at their bodies,
   * and they are refused if the check says so. They get a 503 while the context starts or stops, or
   * no endpoint serves the path. To be called before the server starts: a sender that comes too
   * early must not get a 404, on which it would drop its events.
   *
   * @param root the prefix that the server puts before the path of each endpoint; empty, or a path
   */
  public static void keep(CamelContext context, String root, String path, RequestCheck check) {
    RefusedRequests.in(context);
    synchronized (RawBodies.class) {
      Paths paths = Paths.of(context);
      if (paths == null) {
        paths = new Paths();
        context.getCamelContextExtension().addContextPlugin(Paths.class, paths);
        if (IS_VERTX) {
          context.addLifecycleStrategy(new ServerStart(RawBodies::serve));
        }
      }
      paths.checks.put(root + path, check);
      paths.endpoints.add(path);
    }
    serve(context);
  }

  /**
   * Installs the checks of all registered paths once the server has a router. To be called by
   * servers that create a router and start in their own way.
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

  /** A separate class, so that it is loaded only if Vert.x is present. */
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
                    // Camel would keep the connection open for further requests.
                    request.response().putHeader("Connection", "close");
                  }
                  answer(context, request, refusal);
                })
            .failureHandler(request -> refuse(context, request));
        // No endpoint has the path: its route has not started yet or has stopped already.
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
