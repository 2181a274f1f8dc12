package io.dromedary.event;

import io.dromedary.http.Refusal;
import io.dromedary.http.RefusedRequests;
import io.dromedary.json.JsonFields;
import java.util.Base64;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.Message;

/** What senders are told. Every answer is a JSON object: some SDKs retry whatever is not. */
final class HttpAnswer {

  /** The exchange property with the {@link ReadResult} that the sender is told of. */
  static final String INTAKE = "DromedaryIntake";

  /** The exchange property with the headers by which a browser may read the answer. */
  static final String CORS = "DromedaryCors";

  /** The exchange property of a request that is answered by an image if its event is stored. */
  static final String IMAGE = "DromedaryImage";

  /** A transparent GIF of one pixel. */
  private static final byte[] GIF =
      Base64.getDecoder().decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

  /** A sender that sees why fifty of its events were refused will not need to see the others. */
  private static final int MOST_ERRORS = 50;

  private static final String JSON = "application/json";
  private static final String SUCCESS = "{\"success\":true}";

  private HttpAnswer() {}

  /** Answers a request whose events have been taken, or made dead letters. */
  static void answer(Exchange exchange) {
    if (exchange.getProperty(IMAGE) != null) {
      // It is in the place of a picture, and what was wrong with the event is in the dead letter.
      respond(exchange, 200, "image/gif", GIF, Map.of());
      return;
    }
    ReadResult intake = exchange.getProperty(INTAKE, ReadResult.class);
    if (intake == null || intake.rejected().isEmpty()) {
      respond(exchange, 200, SUCCESS);
      return;
    }
    if (intake.isSingleRejected()) {
      RejectedEvent only = intake.rejected().get(0);
      respond(exchange, 400, Refusal.json(only.code(), only.message()));
      return;
    }
    respond(exchange, 200, partial(intake));
  }

  /** Whether the exchange is a request to the tracking API. */
  static boolean isRequest(Exchange exchange) {
    return exchange.getProperty(CORS) != null;
  }

  /** Answers a request whose events cannot be taken now. */
  static void unavailable(Exchange exchange) {
    tell(exchange, Refusal.ofServer(503));
  }

  /** Answers a request that carries no events, and ends its route. */
  static void accept(Exchange exchange) {
    respond(exchange, 200, SUCCESS);
    exchange.setRouteStop(true);
  }

  /** Answers a browser that asks what it may send. */
  static void preflight(Exchange exchange, Map<String, String> headers) {
    respond(exchange, 200, JSON, SUCCESS, headers);
    exchange.setRouteStop(true);
  }

  /** Answers a request for something, and ends its route. */
  static void tell(Exchange exchange, String json) {
    respond(exchange, 200, JSON, json, Map.of());
    exchange.setRouteStop(true);
  }

  /** Answers a request of which nothing is taken, and ends its route. */
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
    // A string is written at once; bytes would go out as a chunked stream.
    answer.setBody(body);
  }

  private static String partial(ReadResult intake) {
    return JsonFields.write(
        json -> {
          json.writeBooleanField("success", true);
          json.writeNumberField("accepted", intake.accepted());
          json.writeNumberField("rejected", intake.rejected().size());
          json.writeArrayFieldStart("errors");
          for (RejectedEvent event : intake.rejected()) {
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
