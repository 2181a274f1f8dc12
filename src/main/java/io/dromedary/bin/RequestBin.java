package io.dromedary.bin;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.RawBodies;
import io.dromedary.http.Refusal;
import io.dromedary.http.RequestCheck;
import io.dromedary.http.RequestHead;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonFields;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonStringify;
import io.dromedary.json.JsonValue;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.ServerPaths;
import io.dromedary.settings.Settings;
import io.dromedary.settings.SigningScheme;
import io.dromedary.signing.SharedSecretSigner;
import io.dromedary.signing.StandardWebhooksSigner;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
 * A webhook that verifies signatures as a receiver would and shows the requests it received. It
 * keeps the last 100 requests in memory only, at most 64 KiB each and 2 MiB in all. Thread-safe:
 * guarded by this.
 */
public final class RequestBin extends ServiceSupport
    implements CamelContextAware, Processor, RequestCheck {

  private static final int MOST_REQUESTS = 100;
  private static final int MOST_BYTES = 64 * 1024;

  private @Nullable CamelContext context;
  private List<String> secrets = List.of();
  private List<SigningScheme> schemes = List.of();
  private Clock clock = Clock.systemUTC();
  private final Deque<Arrival> arrivals = new ArrayDeque<>();
  private String path = ServerPaths.BIN;
  private long bytes;
  private long count;

  /** A received request; the body is JSON, or a JSON string if it was not. */
  private record Arrival(Instant at, String signature, String body) {

    /** The upper bound; Latin text takes half of it. */
    long bytes() {
      return 2L * body.length();
    }
  }

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    this.clock = Settings.clock(context);
    this.path = Settings.of(context).paths().root() + ServerPaths.BIN;
    // The default destination, if there is one: others are not sent here unless configured to.
    DestinationSettings destination =
        Settings.of(context).destinations().values().iterator().next();
    this.secrets = destination.secrets();
    this.schemes = destination.schemes();
  }

  /** Called only if the route exists, which depends on how Dromedary is run. */
  @Override
  protected void doStart() {
    if (context != null) {
      RawBodies.keep(context, Settings.of(context).paths().root(), ServerPaths.BIN, this);
    }
  }

  @Override
  public @Nullable Refusal check(RequestHead head) {
    if (!head.isForLoopback()) {
      return Refusal.ofHost(head);
    }
    if (head.isOfForeignPage() && !head.isRead()) {
      return new Refusal(
          403, "forbidden_origin", "expected no page of another origin, found a request of one");
    }
    if (!head.path().replaceAll("/+", "/").equals(path)) {
      return new Refusal(404, "not_found", "expected " + path + ", found another path");
    }
    return head.isRead() || head.method().equals("POST")
        ? null
        : new Refusal(
            405,
            "method_not_allowed",
            "expected GET, HEAD or POST, found " + head.method(),
            Map.of("Allow", "GET, HEAD, POST"));
  }

  @Override
  public void process(Exchange exchange) {
    Message request = exchange.getMessage();
    String method = request.getHeader(Exchange.HTTP_METHOD, String.class);
    Map<String, Object> headers = request.getHeaders();
    byte[] body = request.getBody(byte[].class);
    request.setHeaders(new HashMap<>());
    request.setHeader(Exchange.CONTENT_TYPE, "application/json");
    if ("POST".equals(method)) {
      byte[] bytes = body == null ? new byte[0] : body;
      Arrival arrival = new Arrival(clock.instant(), verify(bytes, headers), shown(bytes));
      add(arrival);
      exchange.setProperty("signature", arrival.signature());
      exchange.setProperty("event", arrival.body());
      request.setBody("{\"success\":true}");
    } else {
      request.setBody(page());
    }
  }

  private static String shown(byte[] body) {
    try {
      JsonStringify.stringify(body);
      if (body.length <= MOST_BYTES) {
        return new String(body, UTF_8);
      }
    } catch (InvalidJsonException e) {
      // Shown as text.
    }
    String text = new String(body, 0, Math.min(body.length, MOST_BYTES), UTF_8);
    return new String(JsonValue.ofString(text).toBytes(), UTF_8);
  }

  /** Verifies the raw bytes as receivers do, or those of the first event of a batch. */
  private String verify(byte[] body, Map<String, Object> headers) {
    if (secrets.isEmpty()) {
      return "none";
    }
    for (SigningScheme scheme : schemes) {
      String name =
          switch (scheme) {
            case X_SIGNATURE -> SharedSecretSigner.HEADER;
            case STANDARD_WEBHOOKS -> StandardWebhooksSigner.HEADER;
          };
      Object found = headers.get(name);
      if (found == null) {
        return "missing";
      }
      String expected =
          switch (scheme) {
            case X_SIGNATURE -> new SharedSecretSigner(secrets.get(0)).signature(firstEvent(body));
            case STANDARD_WEBHOOKS ->
                new StandardWebhooksSigner(secrets)
                    .signature(
                        String.valueOf(headers.get("webhook-id")),
                        String.valueOf(headers.get("webhook-timestamp")),
                        body);
          };
      if (!MessageDigest.isEqual(expected.getBytes(UTF_8), found.toString().getBytes(UTF_8))) {
        return "wrong";
      }
    }
    return "valid";
  }

  private static byte[] firstEvent(byte[] body) {
    try {
      JsonReader json = new JsonReader(body);
      if (json.peek() == JsonKind.ARRAY) {
        json.beginArray();
        return json.hasNextElement() ? json.read().toBytes() : body;
      }
    } catch (InvalidJsonException e) {
      // Its signature will be found wrong.
    }
    return body;
  }

  private synchronized void add(Arrival arrival) {
    count++;
    arrivals.addFirst(arrival);
    bytes += arrival.bytes();
    while (arrivals.size() > MOST_REQUESTS || bytes > HeapShare.REQUEST_BIN_BYTES) {
      bytes -= arrivals.removeLast().bytes();
    }
  }

  private String page() {
    List<Arrival> shown;
    long total;
    synchronized (this) {
      shown = new ArrayList<>(arrivals);
      total = count;
    }
    return JsonFields.write(
        json -> {
          json.useDefaultPrettyPrinter();
          json.writeNumberField("count", total);
          json.writeArrayFieldStart("requests");
          for (Arrival arrival : shown) {
            json.writeStartObject();
            json.writeStringField("at", arrival.at().toString());
            json.writeStringField("signature", arrival.signature());
            json.writeFieldName("body");
            json.writeRawValue(arrival.body());
            json.writeEndObject();
          }
          json.writeEndArray();
        });
  }
}
