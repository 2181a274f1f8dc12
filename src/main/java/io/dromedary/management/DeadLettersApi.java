package io.dromedary.management;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.http.RawBodies;
import io.dromedary.http.Refusal;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import io.dromedary.http.WrongKeys;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.DeadLetter;
import io.dromedary.outbox.DeadLetter.Reason;
import io.dromedary.outbox.DeadLetterFilter;
import io.dromedary.outbox.DeadLetters;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.OutboxException;
import io.dromedary.settings.ServerPaths;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
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
public final class DeadLettersApi extends ServiceSupport
    implements CamelContextAware, Processor, RequestCheck {

  /** The parameters that say which dead letters are meant. */
  public static final List<String> FILTERS =
      List.of("reason", "type", "messageId", "destination", "since", "until", "id");

  private static final int LISTED = 100;
  private static final int PAGE_WAIT_SECONDS = 5;
  private static final int RATE = 100;
  private static final int MOST_RATE = 100_000;
  private static final int MOST_REPLAYED = 999_999_999;

  private @Nullable CamelContext context;

  /** Pages may be long: there is memory for one at a time. */
  private final Semaphore page = new Semaphore(1);

  private final WrongKeys wrongSecrets = new WrongKeys("management secret");
  private List<byte[]> secrets = List.of();
  private String path = "";

  /** A request that is not done. */
  private static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;
    private final transient Refusal refusal;

    RefusedException(Refusal refusal) {
      super(refusal.message());
      this.refusal = refusal;
    }

    RefusedException(int status, String code, String message) {
      this(new Refusal(status, code, message));
    }
  }

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    Settings settings = Settings.of(context);
    this.secrets =
        settings.managementSecrets().stream().map(secret -> secret.getBytes(UTF_8)).toList();
    this.path = settings.paths().root() + settings.paths().deadLetters();
  }

  /** Called where the route is, which is not everywhere. */
  @Override
  protected void doStart() {
    if (context != null) {
      ServerPaths paths = Settings.of(context).paths();
      RawBodies.keep(context, paths.root(), paths.deadLetters(), this);
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
      message.setBody(answer(headers, body));
    } catch (RefusedException e) {
      refuse(message, e.refusal);
    } catch (IllegalArgumentException e) {
      refuse(message, new Refusal(400, "invalid_parameter", String.valueOf(e.getMessage())));
    } catch (OutboxException e) {
      refuse(message, new Refusal(503, "unavailable", String.valueOf(e.getMessage())));
    }
  }

  private static void refuse(Message answer, Refusal refusal) {
    answer.setHeader(Exchange.HTTP_RESPONSE_CODE, refusal.status());
    refusal.headers().forEach(answer::setHeader);
    answer.setBody(refusal.toJson());
  }

  private String answer(Map<String, Object> headers, byte @Nullable [] body)
      throws RefusedException, OutboxException {
    String method = String.valueOf(headers.get(Exchange.HTTP_METHOD));
    Refusal refusal = check(RequestHead.of(headers));
    if (refusal != null) {
      throw new RefusedException(refusal);
    }
    if (body != null && body.length > 0) {
      // Curl's -d would look like a filter, and be none.
      throw new RefusedException(
          400, "unexpected_body", "expected parameters in the URL and no body, found a body");
    }
    String asked = String.valueOf(headers.get(Exchange.HTTP_PATH));
    // Spring's server tells only the query as it came, Vert.x also one that has been decoded.
    String query =
        (String) headers.getOrDefault(Exchange.HTTP_RAW_QUERY, headers.get(Exchange.HTTP_QUERY));
    return switch (asked.startsWith(path) ? asked.substring(path.length()) : asked) {
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
        yield JsonFields.write(json -> writeCounts(json, counts));
      }
      case "/replay" -> {
        require(method, "POST", "POST");
        yield replay(new Parameters(query, Set.of("all", "rate", "limit")));
      }
      default ->
          throw new RefusedException(
              404,
              "not_found",
              "expected %1$s, %1$s/count or %1$s/replay, found another path".formatted(path));
    };
  }

  @Override
  public @Nullable Refusal check(RequestHead head) {
    if (!secrets.isEmpty()) {
      return isKnown(String.valueOf(head.authorization())) ? null : wrongSecret(head.address());
    }
    if (!head.isForLoopback()) {
      return Refusal.ofHost();
    }
    // Any page may send requests to 127.0.0.1, though not read the answers.
    boolean isOfPage = head.origin() != null || head.isOfForeignPage();
    return isOfPage && !head.method().equals("GET")
        ? new Refusal(
            403,
            "forbidden_origin",
            "expected no Origin, since this is not for web pages, found one")
        : null;
  }

  private Refusal wrongSecret(@Nullable String address) {
    if (wrongSecrets.areTooMany(address)) {
      return Refusal.ofAddress();
    }
    wrongSecrets.add(address);
    return new Refusal(
        401,
        "unauthorized",
        "expected \"Authorization: Bearer\" and webhooks.management.secret, found none or another",
        Map.of("WWW-Authenticate", "Bearer"));
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
    // The server leaves the body of an answer to HEAD out.
    boolean isHead = found.equals("HEAD") && method.equals("GET");
    if (!found.equals(method) && !isHead) {
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

  private String list(Parameters parameters) throws RefusedException, OutboxException {
    DeadLetterFilter filter = parameters.filter();
    DeadLetters.Place before = parameters.before();
    int limit = parameters.number("limit", LISTED, DeadLetters.MOST_LISTED);
    if (!isPageFree()) {
      throw new RefusedException(Refusal.ofServer(503));
    }
    try {
      DeadLetters.Page read = deadLetters().list(filter, before, limit);
      // Counting looks at every dead letter: once is enough for all pages.
      Map<Reason, Long> counts = before == null ? deadLetters().count(filter) : null;
      return JsonFields.write(json -> writePage(json, read, counts));
    } finally {
      page.release();
    }
  }

  private boolean isPageFree() {
    try {
      return page.tryAcquire(PAGE_WAIT_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void writePage(
      JsonGenerator json, DeadLetters.Page page, @Nullable Map<Reason, Long> counts)
      throws IOException {
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
  }

  private static void writeCounts(JsonGenerator json, Map<Reason, Long> counts) throws IOException {
    json.writeNumberField("count", counts.values().stream().mapToLong(Long::longValue).sum());
    json.writeObjectFieldStart("byReason");
    for (Map.Entry<Reason, Long> each : counts.entrySet()) {
      json.writeNumberField(each.getKey().json(), each.getValue());
    }
    json.writeEndObject();
  }

  private String replay(Parameters parameters) throws OutboxException {
    DeadLetterFilter filter = parameters.explicitFilter();
    int rate = parameters.number("rate", RATE, MOST_RATE);
    int limit = parameters.number("limit", MOST_REPLAYED, MOST_REPLAYED);
    DeadLetters.Replay replay = deadLetters().replay(filter, rate, limit);
    return JsonFields.write(
        json -> {
          json.writeNumberField("replayed", replay.replayed());
          json.writeNumberField("refused", replay.refused());
          if (replay.refused() > 0) {
            json.writeStringField(
                "message",
                "what is invalid never was an event: send it again corrected, or delete it here");
          }
        });
  }

  private String delete(Parameters parameters) throws OutboxException {
    long deleted = deadLetters().delete(parameters.explicitFilter());
    return JsonFields.write(json -> json.writeNumberField("deleted", deleted));
  }
}
