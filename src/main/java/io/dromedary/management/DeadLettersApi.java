package io.dromedary.management;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.event.RawBodies;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.DeadLetter;
import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.outbox.DeadLetterFilter;
import io.dromedary.outbox.DeadLetters;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.OutboxException;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;

/**
 * The management API of dead letters. With secrets, requests have to present one of them. Without,
 * it is served on loopback, and what a browser may be led to send there is refused. Thread-safe.
 */
public final class DeadLettersApi extends ServiceSupport implements CamelContextAware, Processor {

  /** The parameters that say which dead letters are meant. */
  public static final List<String> FILTERS =
      List.of("reason", "type", "messageId", "destination", "since", "until", "id");

  private static final String PATH = "/dead-letters";
  private static final int LISTED = 100;
  private static final int RATE = 100;
  private static final int MOST_RATE = 100_000;
  private static final int MOST_REPLAYED = 999_999_999;

  /** The URL that was asked for, with the Host of HTTP/1.1 or what HTTP/2 has in its place. */
  private static final String LOOPBACK =
      "(?i)https?://(127\\.0\\.0\\.1|localhost|\\[::1])(:\\d+)?/.*";

  private @Nullable CamelContext context;
  private List<byte[]> secrets = List.of();

  /** A request that is not done, and why. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final int status;
    private final String code;

    RefusedException(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    this.secrets =
        Settings.of(context).managementSecrets().stream()
            .map(secret -> secret.getBytes(UTF_8))
            .toList();
  }

  /** Called where the route is, which is not everywhere. */
  @Override
  protected void doStart() {
    if (context != null) {
      RawBodies.keep(context, PATH, origin -> Map.of());
    }
  }

  @Override
  public void process(Exchange exchange) {
    Message message = exchange.getMessage();
    Map<String, Object> headers = message.getHeaders();
    byte[] body = message.getBody(byte[].class);
    // Nothing of the request goes into the answer.
    message.setHeaders(new HashMap<>());
    message.setHeader(Exchange.CONTENT_TYPE, "application/json");
    try {
      message.setBody(JsonFields.write(answer(headers, body)));
    } catch (RefusedException e) {
      refuse(message, e.status, e.code, e.getMessage());
    } catch (IllegalArgumentException e) {
      refuse(message, 400, "invalid_parameter", e.getMessage());
    } catch (OutboxException e) {
      refuse(message, 503, "unavailable", e.getMessage());
    }
  }

  private static void refuse(Message answer, int status, String code, @Nullable String message) {
    answer.setHeader(Exchange.HTTP_RESPONSE_CODE, status);
    if (status == 401) {
      answer.setHeader("WWW-Authenticate", "Bearer");
    }
    answer.setBody(
        JsonFields.write(
            json -> {
              json.writeBooleanField("success", false);
              json.writeStringField("code", code);
              json.writeStringField("message", message);
            }));
  }

  private JsonFields answer(Map<String, Object> headers, byte @Nullable [] body)
      throws RefusedException, OutboxException {
    String method = String.valueOf(headers.get(Exchange.HTTP_METHOD));
    authorize(headers, method);
    if (body != null && body.length > 0) {
      // Curl's -d would look like a filter, and be none.
      throw new RefusedException(
          400, "unexpected_body", "expected parameters in the URL and no body, found a body");
    }
    String path = String.valueOf(headers.get(Exchange.HTTP_PATH));
    // Spring's server tells only the query as it came, Vert.x also one that has been decoded.
    String query =
        (String) headers.getOrDefault(Exchange.HTTP_RAW_QUERY, headers.get(Exchange.HTTP_QUERY));
    return switch (path.startsWith(PATH) ? path.substring(PATH.length()) : path) {
      case "" -> {
        if (method.equals("DELETE")) {
          yield delete(new Parameters(query, Set.of("all")));
        }
        require(method, "GET", "GET or DELETE");
        yield list(new Parameters(query, Set.of("limit", "before")));
      }
      case "/count" -> {
        require(method, "GET", "GET");
        Map<Reason, Long> counts = deadLetters().count(new Parameters(query, Set.of()).filter());
        yield json -> writeCounts(json, counts);
      }
      case "/replay" -> {
        require(method, "POST", "POST");
        yield replay(new Parameters(query, Set.of("all", "rate", "limit")));
      }
      default ->
          throw new RefusedException(
              404,
              "not_found",
              "expected /dead-letters, /dead-letters/count or /dead-letters/replay, found another"
                  + " path");
    };
  }

  private void authorize(Map<String, Object> headers, String method) throws RefusedException {
    if (!secrets.isEmpty()) {
      if (!isKnown(String.valueOf(headers.get("Authorization")))) {
        throw new RefusedException(
            401,
            "unauthorized",
            "expected \"Authorization: Bearer\" and webhooks.management.secret, found none or"
                + " another");
      }
      return;
    }
    // A page on a name that its owner has made to stand for 127.0.0.1 could read the answers.
    if (!String.valueOf(headers.get(Exchange.HTTP_URL)).matches(LOOPBACK)) {
      throw new RefusedException(
          403, "forbidden_host", "expected a Host that is a loopback address, found another");
    }
    // Any page may send requests to 127.0.0.1, though not read the answers.
    if (!method.equals("GET") && headers.get("Origin") != null) {
      throw new RefusedException(
          403,
          "forbidden_origin",
          "expected no Origin, since this is not for web pages, found one");
    }
  }

  private boolean isKnown(String authorization) {
    if (!authorization.regionMatches(true, 0, "Bearer ", 0, 7)) {
      return false;
    }
    byte[] token = authorization.substring(7).strip().getBytes(UTF_8);
    boolean known = false;
    for (byte[] secret : secrets) {
      // Every secret is compared in full: the time it takes tells nothing.
      known |= MessageDigest.isEqual(secret, token);
    }
    return known;
  }

  private static void require(String found, String method, String expected)
      throws RefusedException {
    if (!found.equals(method)) {
      throw new RefusedException(
          405, "method_not_allowed", "expected " + expected + ", found " + found);
    }
  }

  private DeadLetters deadLetters() {
    if (context == null) {
      throw new IllegalStateException("no Camel context");
    }
    return context.getComponent("outbox", OutboxComponent.class).outbox().deadLetters();
  }

  private JsonFields list(Parameters parameters) throws OutboxException {
    DeadLetterFilter filter = parameters.filter();
    DeadLetters.Place before = parameters.before();
    int limit = parameters.number("limit", LISTED, DeadLetters.MOST_LISTED);
    DeadLetters.Page page = deadLetters().list(filter, before, limit);
    // Counting looks at every dead letter: once is enough for all pages.
    Map<Reason, Long> counts = before == null ? deadLetters().count(filter) : null;
    return json -> {
      if (counts != null) {
        writeCounts(json, counts);
      }
      json.writeArrayFieldStart("deadLetters");
      for (DeadLetter letter : page.deadLetters()) {
        json.writeRawValue(letter.toJson());
      }
      json.writeEndArray();
      if (page.next() != null) {
        json.writeStringField("next", Parameters.text(page.next()));
      }
    };
  }

  private static void writeCounts(JsonGenerator json, Map<Reason, Long> counts) throws IOException {
    json.writeNumberField("count", counts.values().stream().mapToLong(Long::longValue).sum());
    json.writeObjectFieldStart("byReason");
    for (Map.Entry<Reason, Long> each : counts.entrySet()) {
      json.writeNumberField(each.getKey().json(), each.getValue());
    }
    json.writeEndObject();
  }

  private JsonFields replay(Parameters parameters) throws OutboxException {
    DeadLetterFilter filter = parameters.explicitFilter();
    int rate = parameters.number("rate", RATE, MOST_RATE);
    int limit = parameters.number("limit", MOST_REPLAYED, MOST_REPLAYED);
    DeadLetters.Replay replay = deadLetters().replay(filter, rate, limit);
    return json -> {
      json.writeNumberField("replayed", replay.replayed());
      json.writeNumberField("refused", replay.refused());
      if (replay.refused() > 0) {
        json.writeStringField(
            "message",
            "what is invalid never was an event: send it again corrected, or delete it here");
      }
    };
  }

  private JsonFields delete(Parameters parameters) throws OutboxException {
    long deleted = deadLetters().delete(parameters.explicitFilter());
    return json -> json.writeNumberField("deleted", deleted);
  }
}
