package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.settings.Settings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UnsupportedEncodingException;
import java.security.MessageDigest;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import java.util.zip.InflaterInputStream;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.camel.Predicate;
import org.apache.camel.Processor;
import org.apache.camel.spi.Registry;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request to the HTTP tracking API, as analytics SDKs speak it. A good one becomes an
 * iterator of {@link Event}s and {@link RejectedEvent}s; any other is answered here and its route
 * ends. Thread-safe.
 */
public final class TrackingApi implements Processor, CamelContextAware {

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

  private @Nullable CamelContext context;
  private Clock clock = Clock.systemUTC();
  private List<byte[]> writeKeys = List.of();
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
    Settings settings = Settings.of(context);
    clock = Settings.clock(context);
    choice = DestinationChoice.of(settings);
    writeKeys = settings.writeKeys().stream().map(key -> key.getBytes(UTF_8)).toList();
    origins = settings.corsOrigins();
    Registry registry = context.getRegistry();
    String inbound = settings.inbound();
    isHttp = HTTP_SERVERS.contains(inbound.substring(0, Math.max(0, inbound.indexOf(':'))));
    hasOwnPath = isHttp && !RawBodies.path(inbound).equals("/v1");
    if (isHttp) {
      RawBodies.keep(context, RawBodies.path(inbound), this::cors);
    }
    registry.bind("is-http", Predicate.class, (Predicate) exchange -> isHttp);
    registry.bind("answer", Processor.class, (Processor) HttpAnswer::answer);
    registry.bind("answer-unavailable", Processor.class, new Unavailable());
    registry.bind("is-answered", Predicate.class, (Predicate) HttpAnswer::isRequest);
  }

  @Override
  public void process(Exchange exchange) {
    Message request = exchange.getMessage();
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
    } else if (hasUnknownKey(authorization)) {
      unauthorized(exchange);
    } else {
      read(exchange, action, encoding, authorization);
    }
  }

  private void read(
      Exchange exchange, String action, @Nullable Object encoding, @Nullable Object authorization) {
    try {
      byte[] text = text(exchange.getMessage(), encoding);
      EventReader reader =
          new EventReader(text, clock.instant(), false, choice, sender(authorization));
      EventType type = type(action);
      Intake intake =
          action.equals(ANY)
              ? reader.readAny()
              : type == null ? reader.readBatch() : reader.readEvent(type);
      if (!isAuthorized(authorization, intake)) {
        unauthorized(exchange);
        return;
      }
      exchange.setProperty(HttpAnswer.INTAKE, intake);
      exchange.getMessage().setBody(intake.all().iterator());
    } catch (TooLongException e) {
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
    }
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

  private static byte[] text(Message request, @Nullable Object encoding) throws IOException {
    byte[] body = request.getBody(byte[].class);
    if (body == null) {
      return new byte[0];
    }
    String name = encoding == null ? "" : encoding.toString().strip().toLowerCase(Locale.ROOT);
    InputStream in = new ByteArrayInputStream(body);
    switch (name) {
      case "", "identity" -> {
        if (body.length > MOST_BODY_BYTES) {
          throw new TooLongException();
        }
        return body;
      }
      case "gzip", "x-gzip" -> in = new GZIPInputStream(in);
      case "deflate" -> in = new InflaterInputStream(in);
      default ->
          throw new UnsupportedEncodingException(
              "expected the Content-Encoding gzip, deflate or identity, found another");
    }
    // A few bytes may say that they are gigabytes: what is not wanted is not unpacked.
    byte[] text = in.readNBytes(MOST_BODY_BYTES + 1);
    if (text.length > MOST_BODY_BYTES) {
      throw new TooLongException();
    }
    return text;
  }

  private static void unauthorized(Exchange exchange) {
    HttpAnswer.refuse(
        exchange, 401, "unauthorized", "expected a known write key, found none or another");
  }

  /** Whether the header alone says no: a stranger's body is not even read. */
  private boolean hasUnknownKey(@Nullable Object authorization) {
    String header = authorization == null ? "" : authorization.toString().strip();
    return !writeKeys.isEmpty() && isBasic(header) && !isKnown(userOf(header.substring(6).strip()));
  }

  /** The key of the header, which counts whatever the body says; null: the body has to say it. */
  private @Nullable String sender(@Nullable Object authorization) {
    String header = authorization == null ? "" : authorization.toString().strip();
    if (isBasic(header)) {
      return userOf(header.substring(6).strip());
    }
    String token = bearer(header);
    // Some senders have another token there, and the key in the body.
    return token != null && isKnown(token) ? token : null;
  }

  private static @Nullable String bearer(String header) {
    return header.regionMatches(true, 0, "Bearer ", 0, 7) ? header.substring(7).strip() : null;
  }

  private static boolean isBasic(String header) {
    return header.regionMatches(true, 0, "Basic ", 0, 6);
  }

  private boolean isAuthorized(@Nullable Object authorization, Intake intake) {
    if (writeKeys.isEmpty()) {
      return true;
    }
    String header = authorization == null ? "" : authorization.toString().strip();
    if (isBasic(header)) {
      // Looked at before the body was read.
      return true;
    }
    if (!intake.writeKeys().isEmpty()) {
      return intake.writeKeys().stream().allMatch(this::isKnown);
    }
    String token = bearer(header);
    return token != null && isKnown(token);
  }

  /** The part before the colon; some senders leave the colon out. */
  private static String userOf(String credentials) {
    try {
      String decoded = new String(Base64.getDecoder().decode(credentials), UTF_8);
      int colon = decoded.indexOf(':');
      return colon < 0 ? decoded : decoded.substring(0, colon);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private boolean isKnown(String key) {
    byte[] bytes = key.getBytes(UTF_8);
    boolean known = false;
    for (byte[] writeKey : writeKeys) {
      // Every key is compared in full: the time it takes tells nothing.
      known |= MessageDigest.isEqual(writeKey, bytes);
    }
    return known;
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

  private static final class TooLongException extends IOException {

    private static final long serialVersionUID = 1L;
  }
}
