package io.dromedary.event;

import io.vertx.ext.web.RoutingContext;
import java.util.Locale;
import org.apache.camel.CamelContext;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;

/**
 * Makes Camel Main's HTTP server hand on the bodies of an inbound path as they came, and answer in
 * JSON where it refuses one itself. It would parse a body that calls itself a form, as a gzip body
 * of the RudderStack Node SDK does, and leave nothing of it.
 */
final class RawBodies {

  /** Before the routes of all endpoints. */
  private static final int FIRST = -1;

  private RawBodies() {}

  static void keep(CamelContext context, String inbound) {
    String path = inbound.replaceFirst("^platform-http:/*", "/").replaceFirst("\\?.*$", "");
    for (VertxPlatformHttpRouter router :
        context.getRegistry().findByType(VertxPlatformHttpRouter.class)) {
      router
          .route(path + "*")
          .order(FIRST)
          .handler(
              request -> {
                request.request().headers().remove("Content-Type");
                request.next();
              })
          .failureHandler(RawBodies::refuse);
    }
  }

  private static void refuse(RoutingContext request) {
    int status = request.statusCode() < 400 ? 500 : request.statusCode();
    if (request.response().ended()) {
      return;
    }
    String code = status == 413 ? "body_too_large" : "server_error";
    String message =
        status == 413
            ? "expected at most " + TrackingApi.MOST_BODY_BYTES + " bytes, found more"
            : "the request could not be read (" + String.format(Locale.ROOT, "%d", status) + ")";
    request
        .response()
        .setStatusCode(status)
        .putHeader("Content-Type", "application/json")
        .end(HttpAnswer.failure(code, message));
  }
}
