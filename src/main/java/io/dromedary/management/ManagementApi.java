package io.dromedary.management;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.RawBodies;
import io.dromedary.http.Refusal;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import io.dromedary.http.WrongKeys;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.OutboxException;
import io.dromedary.settings.ServerPaths;
import io.dromedary.settings.Settings;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.support.service.ServiceSupport;
import org.jspecify.annotations.Nullable;

/**
 * The management API: dead letters, and events that are not done. With secrets, requests have to
 * present one of them. Without, it is served on loopback, and what a browser may be led to send
 * there is refused. Thread-safe.
 */
public final class ManagementApi extends ServiceSupport
    implements CamelContextAware, Processor, RequestCheck {

  /** The parameters that say which dead letters are meant. */
  public static final List<String> DEAD_LETTER_FILTERS = Parameters.DEAD_LETTERS;

  private static final String DEAD_LETTERS = "/dead-letters";
  private static final String PENDING = "/pending";
  private static final String REPLAYS = "/api/replays";

  private final Pages pages = new Pages();
  private final WrongKeys wrongSecrets = new WrongKeys("management secret");
  private @Nullable CamelContext context;
  private List<byte[]> secrets = List.of();
  private String path = "";

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
    this.path = settings.paths().root() + settings.paths().management();
  }

  /** Called where the route is, which is not everywhere. */
  @Override
  protected void doStart() {
    if (context != null) {
      ServerPaths paths = Settings.of(context).paths();
      RawBodies.keep(context, paths.root(), paths.management(), this);
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
      refuse(message, e.refusal());
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
    String below = asked.startsWith(path) ? asked.substring(path.length()) : asked;
    String answer = answer(method, below, query);
    if (answer == null) {
      throw new RefusedException(
          404,
          "not_found",
          "expected %1$s/dead-letters, %1$s/pending or what is below them, found another path"
              .formatted(path));
    }
    return answer;
  }

  private @Nullable String answer(String method, String below, @Nullable String query)
      throws RefusedException, OutboxException {
    if (below.startsWith(DEAD_LETTERS)) {
      return new DeadLetterOperations(outbox().deadLetters(), pages)
          .answer(new Operation(method, below.substring(DEAD_LETTERS.length()), query));
    }
    if (below.startsWith(REPLAYS)) {
      return new ReplayOperations(outbox().replays())
          .answer(new Operation(method, below.substring(REPLAYS.length()), query));
    }
    return below.startsWith(PENDING)
        ? new PendingOperations(context(), outbox().pendingEvents(), pages)
            .answer(new Operation(method, below.substring(PENDING.length()), query))
        : null;
  }

  private CamelContext context() {
    if (context == null) {
      throw new IllegalStateException("no Camel context");
    }
    return context;
  }

  private Outbox outbox() {
    return context().getComponent("outbox", OutboxComponent.class).outbox();
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
}
