package io.dromedary.http;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import io.vertx.ext.web.RoutingContext;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Reads and refuses requests of a Vert.x server. Loaded only if Vert.x is present. */
public final class VertxRequests {

  private static final String ASKED = "dromedary-asked";

  private VertxRequests() {}

  /**
   * A request as the checks need it.
   *
   * @param check the check of its path, or null if there is none
   */
  public record Asked(RequestHead head, @Nullable RequestCheck check) {}

  /** Returns the head and the check of a request, looked up once for all handlers. */
  public static Asked asked(CamelContext context, RoutingContext exchange) {
    Asked known = exchange.get(ASKED);
    if (known == null) {
      RequestHead head = head(exchange.request());
      known = new Asked(head, RawBodies.checkOf(context, exchange.normalizedPath()));
      exchange.put(ASKED, known);
    }
    return known;
  }

  private static RequestHead head(HttpServerRequest request) {
    String site = request.getHeader("Sec-Fetch-Site");
    return new RequestHead(
        request.method().name(),
        String.valueOf(request.path()),
        request.query(),
        request.authority() == null ? null : request.authority().toString(),
        RequestHead.page(request.getHeader("Origin"), site, request.getHeader("Referer")),
        site,
        request.getHeader("Authorization"),
        request.getHeader("User-Agent"),
        hostAddress(request.remoteAddress()),
        hostAddress(request.localAddress()));
  }

  private static @Nullable String hostAddress(@Nullable SocketAddress address) {
    return address == null ? null : address.hostAddress();
  }

  /** Answers a request unless it has been answered, and discards the rest of its body. */
  public static void refuse(
      CamelContext context, RoutingContext exchange, Map<String, ?> headers, Refusal refusal) {
    HttpServerResponse response = exchange.response();
    if (response.ended()) {
      return;
    }
    RefusedRequests.count(context, refusal.status());
    exchange.request().resume();
    response.putHeader("Content-Type", "application/json");
    headers.forEach((name, value) -> response.putHeader(name, value.toString()));
    response.setStatusCode(refusal.status()).end(refusal.toJson());
  }
}
