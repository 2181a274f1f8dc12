package io.dromedary.tracking;

import io.dromedary.event.ReadResult;
import io.dromedary.event.RejectedEvent;
import io.dromedary.http.Refusal;
import io.dromedary.http.RefusedRequests;
import io.dromedary.json.JsonFields;
import java.util.Base64;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/**
 * Writes the responses of the tracking API. Except for images, each is a JSON object, because some
 * SDKs retry after any other body.
 */
final class HttpAnswer {

  /** The exchange property with the {@link ReadResult} to report. */
  static final String READ_RESULT = "DromedaryReadResult";

  /** The exchange property with the CORS headers of the response. */
  static final String CORS = "DromedaryCors";

  /** The exchange property that is set if the response is an image. */
  static final String IMAGE = "DromedaryImage";

  /** A transparent GIF of one pixel. */
  private static final byte[] GIF =
      Base64.getDecoder().decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

  /** The most rejected events that a response lists. Fifty reasons are enough for a sender. */
  private static final int MOST_ERRORS = 50;

  private static final String JSON = "application/json";
  private static final String SUCCESS = "{\"success\":true}";

  private HttpAnswer() {}

  /** Answers a request whose events have been stored, the rejected ones as dead letters. */
  static void answer(Exchange exchange) {
    if (exchange.getProperty(IMAGE) != null) {
      // The page shows an image in any case. The dead letter says why an event was rejected.
      respond(exchange, 200, "image/gif", GIF, Map.of());
      return;
    }
    ReadResult read = exchange.getProperty(READ_RESULT, ReadResult.class);
    if (read == null || read.rejected().isEmpty()) {
      respond(exchange, 200, SUCCESS);
      return;
    }
    if (read.isSingleRejected()) {
      RejectedEvent only = read.rejected().get(0);
      respond(exchange, 400, Refusal.json(only.code(), only.message()));
      return;
    }
    respond(exchange, 200, partial(read));
  }

  /** Returns whether the exchange is a request to the tracking API. */
  static boolean isRequest(Exchange exchange) {
    return exchange.getProperty(CORS) != null;
  }

  /** Answers with 503 if the events cannot be stored now. */
  static void unavailable(Exchange exchange) {
    tell(exchange, Refusal.ofServer(503));
  }

  /** Answers a request that carries no events, and ends its route. */
  static void accept(Exchange exchange) {
    respond(exchange, 200, SUCCESS);
    exchange.setRouteStop(true);
  }

  /** Answers a browser's CORS preflight request, and ends its route. */
  static void preflight(Exchange exchange, Map<String, String> headers) {
    respond(exchange, 200, JSON, SUCCESS, headers);
    exchange.setRouteStop(true);
  }

  /** Answers with JSON, and ends the route. */
  static void tell(Exchange exchange, String json) {
    respond(exchange, 200, JSON, json, Map.of());
    exchange.setRouteStop(true);
  }

  /** Refuses a request, and ends its route. */
  static void refuse(Exchange exchange, Refusal refusal) {
    tell(exchange, refusal);
    exchange.setRouteStop(true);
  }

  private static void tell(Exchange exchange, Refusal refusal) {
    RefusedRequests.count(exchange.getContext(), refusal.status());
    respond(exchange, refusal.status(), JSON, refusal.toJson(), refusal.headers());
  }

  private static void respond(Exchange exchange, int status, String json) {
    respond(exchange, status, JSON, json, Map.of());
  }

  private static void respond(
      Exchange exchange, int status, String type, Object body, Map<String, String> more) {
    ReadingBudget.answered(exchange);
    Message answer = exchange.getMessage();
    answer.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
    answer.setHeader(Exchange.CONTENT_TYPE, type);
    more.forEach(answer::setHeader);
    Object cors = exchange.getProperty(CORS);
    if (cors instanceof Map<?, ?> headers) {
      headers.forEach((name, value) -> answer.setHeader((String) name, value));
    }
    // A string is written at once. Bytes would go out as a chunked stream.
    answer.setBody(body);
  }

  private static String partial(ReadResult read) {
    return JsonFields.write(
        json -> {
          json.writeBooleanField("success", true);
          json.writeNumberField("accepted", read.accepted());
          json.writeNumberField("rejected", read.rejected().size());
          json.writeArrayFieldStart("errors");
          for (RejectedEvent event : read.rejected()) {
            if (json.getOutputContext().getCurrentIndex() + 1 >= MOST_ERRORS) {
              break;
            }
            json.writeStartObject();
            json.writeNumberField("index", event.index());
            if (event.messageId() != null) {
              json.writeStringField("messageId", event.messageId());
            }
            json.writeStringField("code", event.code());
            json.writeStringField("message", event.message());
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }
}
