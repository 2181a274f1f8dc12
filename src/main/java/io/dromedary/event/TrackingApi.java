package io.dromedary.event;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.routing.FailClosed;
import io.dromedary.routing.FailClosedSteps;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.Settings;
import java.io.IOException;
import java.io.UnsupportedEncodingException;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a request to the HTTP tracking API, as analytics SDKs speak it. A good one becomes an
 * iterator of {@link Event}s and {@link RejectedEvent}s; any other is answered here and its route
 * ends. Thread-safe.
 */
public final class TrackingApi extends FailClosed implements CamelContextAware {

  private static final Logger LOG = LoggerFactory.getLogger(TrackingApi.class);

  /** The longest body, in bytes after decompression. SDKs fill batches to 512,000 bytes. */
  static final int MOST_BODY_BYTES = 512_000;

  /** Components whose endpoints are HTTP servers. */
  private static final Set<String> HTTP_SERVERS =
      Set.of("platform-http", "servlet", "jetty", "undertow", "netty-http");

  private static final String ANY = "*";

  private static final Set<String> BATCHES = Set.of("batch", "import", "b");

  private static final Map<String, EventType> SHORT_PATHS =
      Map.of(
          "i", EventType.IDENTIFY,
          "t", EventType.TRACK,
          "p", EventType.PAGE,
          "s", EventType.SCREEN,
          "g", EventType.GROUP,
          "a", EventType.ALIAS);

  private final ReadingRoom room = new ReadingRoom(HeapShare.READING.bytes());
  private @Nullable CamelContext context;
  private Clock clock = Clock.systemUTC();
  private WriteKeys writeKeys = new WriteKeys(List.of());
  private DestinationChoice choice = new DestinationChoice(List.of());
  private List<String> origins = List.of();
  private boolean isHttp;
  private boolean hasOwnPath;

  @Override
  public @Nullable CamelContext getCamelContext() {
    return context;
  }

  @Override
  public void setCamelContext(CamelContext context) {
    this.context = context;
    FailClosedSteps.in(context);
    Settings settings = Settings.of(context);
    clock = Settings.clock(context);
    choice = DestinationChoice.of(settings);
    writeKeys = new WriteKeys(settings.writeKeys());
    origins = settings.corsOrigins();
    Registry registry = context.getRegistry();
    String inbound = settings.inbound();
    isHttp = HTTP_SERVERS.contains(inbound.substring(0, Math.max(0, inbound.indexOf(':'))));
    hasOwnPath = isHttp && !RawBodies.path(inbound).equals("/v1");
    if (isHttp) {
      RawBodies.keep(context, RawBodies.path(inbound), this::cors);
    }
    registry.bind("dromedary-is-http", Predicate.class, (Predicate) exchange -> isHttp);
    registry.bind("dromedary-answer", Processor.class, (Processor) HttpAnswer::answer);
    registry.bind("dromedary-answer-unavailable", Processor.class, new Unavailable());
    registry.bind("dromedary-is-answered", Predicate.class, (Predicate) HttpAnswer::isRequest);
  }

  @Override
  protected void run(Exchange exchange) {
    Message request = exchange.getMessage();
    // From here on the message has no body but what has been read of it and checked. Not null, upon
    // which the message of a servlet would ask its request for the body once more.
    Object body = request.getBody();
    request.setBody("");
    Map<String, Object> headers = request.getHeaders();
    String method = String.valueOf(headers.get(Exchange.HTTP_METHOD));
    String path = String.valueOf(headers.get(Exchange.HTTP_PATH));
    Object authorization = headers.get("Authorization");
    Object encoding = headers.get("Content-Encoding");
    Object origin = headers.get("Origin");
    exchange.setProperty(HttpAnswer.CORS, cors(origin == null ? null : origin.toString()));
    // Nothing of the request goes into the answer or any further.
    request.setHeaders(new HashMap<>());
    String action = action(path);
    if (action.isEmpty()) {
      HttpAnswer.refuse(
          exchange,
          404,
          "not_found",
          "expected /v1/batch, /v1/import or /v1/TYPE, found another path");
    } else if (method.equals("OPTIONS")) {
      HttpAnswer.preflight(exchange);
    } else if (!method.equals("POST")) {
      request.setHeader("Allow", "POST, OPTIONS");
      HttpAnswer.refuse(exchange, 405, "method_not_allowed", "expected POST, found " + method);
    } else if (action.equals("m")) {
      // The browser SDK's metrics about itself, which are nobody's events.
      HttpAnswer.accept(exchange);
    } else if (writeKeys.hasUnknown(authorization)) {
      unauthorized(exchange);
    } else {
      read(exchange, body, action, encoding, authorization);
    }
  }

  private void read(
      Exchange exchange,
      @Nullable Object body,
      String action,
      @Nullable Object encoding,
      @Nullable Object authorization) {
    try {
      ReadingRoom.Reading reading = room.open(exchange);
      byte[] packed = bytes(exchange, body);
      reading.text(encoding == null ? packed.length : MOST_BODY_BYTES);
      byte[] text =
          ContentEncoding.decode(
              packed, encoding == null ? null : encoding.toString(), MOST_BODY_BYTES);
      reading.text(text.length);
      EventReader reader =
          new EventReader(text, clock.instant(), false, choice, writeKeys.sender(authorization))
              .tellMerged(reading::more);
      EventType type = type(action);
      Intake intake =
          action.equals(ANY)
              ? reader.readAny()
              : type == null ? reader.readBatch() : reader.readEvent(type);
      if (!writeKeys.allow(authorization, intake)) {
        unauthorized(exchange);
        return;
      }
      exchange.setProperty(HttpAnswer.INTAKE, intake);
      exchange.getMessage().setBody(intake.all().iterator());
    } catch (ContentEncoding.TooLongException e) {
      HttpAnswer.refuse(exchange, 413, "body_too_large", HttpAnswer.TOO_LARGE);
    } catch (UnsupportedEncodingException e) {
      HttpAnswer.refuse(exchange, 415, "unsupported_encoding", String.valueOf(e.getMessage()));
    } catch (IOException e) {
      HttpAnswer.refuse(
          exchange,
          400,
          "invalid_encoding",
          "expected a body as its Content-Encoding says, found another");
    } catch (InvalidJsonException e) {
      HttpAnswer.refuse(exchange, 400, "invalid_json", String.valueOf(e.getMessage()));
    } catch (InvalidEventException e) {
      HttpAnswer.refuse(exchange, 400, e.code(), String.valueOf(e.getMessage()));
    } catch (StackOverflowError e) {
      // It would overflow again: the sender must not come with it again.
      LOG.error("A request was refused that overflows the stack", e);
      HttpAnswer.refuse(
          exchange, 400, "invalid_json", "expected a body that can be read, found one too deep");
    }
  }

  private static byte[] bytes(Exchange exchange, @Nullable Object body) {
    byte[] bytes = exchange.getContext().getTypeConverter().convertTo(byte[].class, exchange, body);
    return bytes == null ? new byte[0] : bytes;
  }

  /**
   * What follows {@code /v1/}: a type, {@code batch}, {@code m}. Empty where there is no such
   * thing; {@link #ANY} for a path that an operator has chosen for a {@code platform-http} inbound.
   */
  private String action(String path) {
    if (hasOwnPath) {
      return ANY;
    }
    String[] segments =
        Arrays.stream(path.split("/", -1)).filter(s -> !s.isEmpty()).toArray(String[]::new);
    String action = segments.length == 2 && segments[0].equals("v1") ? segments[1] : "";
    return BATCHES.contains(action) || action.equals("m") || type(action) != null ? action : "";
  }

  private static @Nullable EventType type(String action) {
    EventType type = SHORT_PATHS.get(action);
    return type == null ? EventType.of(action) : type;
  }

  private static void unauthorized(Exchange exchange) {
    HttpAnswer.refuse(
        exchange, 401, "unauthorized", "expected a known write key, found none or another");
  }

  private Map<String, Object> cors(@Nullable String origin) {
    Map<String, Object> headers = new HashMap<>();
    if (origin != null) {
      boolean any = origins.contains("*");
      if (any || origins.contains(origin)) {
        headers.put("Access-Control-Allow-Origin", any ? "*" : origin);
        headers.put("Access-Control-Expose-Headers", "Retry-After");
      }
      if (!any) {
        headers.put("Vary", "Origin");
      }
    }
    return headers;
  }
}
