package io.dromedary.tracking;

import io.dromedary.event.DestinationChoice;
import io.dromedary.event.Event;
import io.dromedary.event.EventReader;
import io.dromedary.event.EventTemplate;
import io.dromedary.event.InvalidEventException;
import io.dromedary.event.ReadResult;
import io.dromedary.event.RejectedEvent;
import io.dromedary.event.UnknownKeyException;
import io.dromedary.http.RawBodies;
import io.dromedary.http.Refusal;
import io.dromedary.http.RequestHead;
import io.dromedary.http.ServletRawBodies;
import io.dromedary.http.UndertowRawBodies;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.routing.FailClosed;
import io.dromedary.routing.FailClosedSteps;
import io.dromedary.settings.HeapShare;
import io.dromedary.settings.Inbound;
import io.dromedary.settings.ServerPaths;
import io.dromedary.settings.Settings;
import io.dromedary.tracing.Spans;
import io.dromedary.tracing.Tracing;
import java.io.IOException;
import java.io.InputStream;
import java.io.UnsupportedEncodingException;
import java.time.Clock;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
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
 * Reads requests to the HTTP tracking API that analytics SDKs use. The body of a request with
 * events becomes an iterator of {@link Event}s and {@link RejectedEvent}s. Any other request is
 * answered here, and its route ends. Thread-safe.
 */
public final class TrackingApi extends FailClosed implements CamelContextAware {

  private static final Logger LOG = LoggerFactory.getLogger(TrackingApi.class);

  /**
   * An inbound over HTTP.
   *
   * @param check the check of its requests
   * @param isServer whether its endpoint is an HTTP server of its own
   */
  private record Source(TrackingCheck check, boolean isServer) {}

  /** The ids of the routes for the paths that SDKs use beside the tracking API. */
  private static final List<String> SDK_ROUTES =
      List.of("dromedary-serve-source-config", "dromedary-receive-beacons");

  private final ReadingBudget room = new ReadingBudget(HeapShare.READING.bytes());
  private @Nullable CamelContext context;
  private Clock clock = Clock.systemUTC();
  private WriteKeys writeKeys = new WriteKeys(List.of(), false);
  private DestinationChoice choice = new DestinationChoice(List.of());
  private @Nullable EventTemplate template;
  private @Nullable Spans spans;

  /** The check for a host's own routes, if no inbound is over HTTP. */
  private TrackingCheck anywhere =
      new TrackingCheck(writeKeys, new Cors(List.of()), false, null, null);

  /** The inbounds over HTTP, by the ids of their routes. */
  private final Map<String, Source> sources = new ConcurrentHashMap<>();

  private SdkSettings sdkSettings = new SdkSettings(null, "");

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
    template = EventTemplate.of(settings);
    spans = Tracing.of(context);
    writeKeys = new WriteKeys(settings.sources(), !settings.writeKeys().isEmpty());
    Registry registry = context.getRegistry();
    Cors cors = new Cors(settings.corsOrigins());
    anywhere = new TrackingCheck(writeKeys, cors, false, null, null);
    sdkSettings = new SdkSettings(settings.paths().publicUrl(), settings.paths().tracking());
    settings.inbounds().stream().filter(Inbound::isHttp).forEach(each -> add(settings, each));
    registry.bind("dromedary-is-http", Predicate.class, (Predicate) this::isHttp);
    registry.bind("dromedary-answer", Processor.class, (Processor) HttpAnswer::answer);
    registry.bind("dromedary-answer-unavailable", Processor.class, new Unavailable());
    registry.bind("dromedary-is-answered", Predicate.class, (Predicate) HttpAnswer::isRequest);
  }

  private void add(Settings settings, Inbound inbound) {
    ServerPaths paths = settings.paths();
    String root = inbound.isServer() ? "" : paths.root();
    boolean isTracking = inbound.path().equals(paths.tracking());
    boolean isForSdks = paths.isForSdks(inbound);
    TrackingCheck check =
        new TrackingCheck(
            writeKeys,
            new Cors(settings.corsOrigins()),
            // Without write keys the server listens on loopback, or the start has failed.
            settings.writeKeys().isEmpty(),
            isTracking ? root + paths.tracking() : null,
            isForSdks ? root + paths.sdkRoot() : null);
    Source source = new Source(check, inbound.isServer());
    sources.put(inbound.routeId(), source);
    if (isForSdks) {
      SDK_ROUTES.forEach(route -> sources.put(route, source));
    }
    if (context == null) {
      return;
    }
    switch (inbound.scheme()) {
      case "platform-http" -> {
        RawBodies.keep(context, root, inbound.path(), check);
        if (isForSdks) {
          for (String path : ServerPaths.sdkPaths(paths.tracking())) {
            RawBodies.keep(context, root, path, check);
          }
        }
      }
      case "jetty" -> context.getRegistry().bind(inbound.rawBodies(), new ServletRawBodies());
      case "undertow" -> context.getRegistry().bind(inbound.rawBodies(), new UndertowRawBodies());
      default -> {
        // Other servers hand bodies on as they are.
      }
    }
  }

  private boolean isHttp(Exchange exchange) {
    return exchange.getFromRouteId() != null && sources.containsKey(exchange.getFromRouteId());
  }

  /** The inbound of the exchange's route. For a host's own route, the first inbound over HTTP. */
  private Source source(Exchange exchange) {
    Source source = isHttp(exchange) ? sources.get(exchange.getFromRouteId()) : null;
    return source == null
        ? sources.values().stream().findFirst().orElse(new Source(anywhere, false))
        : source;
  }

  @Override
  protected void run(Exchange exchange) {
    Message request = exchange.getMessage();
    // From here on the body holds only what has been read and checked. With null, a servlet's
    // message would read the request's body again.
    Object body = request.getBody();
    request.setBody("");
    Map<String, Object> headers = request.getHeaders();
    Source source = source(exchange);
    TrackingCheck check = source.check();
    RequestHead head = source.isServer() ? RequestHead.ofServer(headers) : RequestHead.of(headers);
    Object encoding = headers.get("Content-Encoding");
    Object asked = headers.get("Access-Control-Request-Headers");
    String url = String.valueOf(headers.get(Exchange.HTTP_URL));
    exchange.setProperty(HttpAnswer.CORS, check.headers(head.origin()));
    if (spans != null) {
      spans.receive(exchange, List.of(exchange));
    }
    // No header of the request goes into the response or on to the outbox.
    request.setHeaders(new HashMap<>());
    // Some servers do not check a request before its body is read.
    Refusal refusal = check.check(head);
    TrackingAction action = check.action(head.path());
    if (refusal != null || action == null) {
      HttpAnswer.refuse(exchange, refusal == null ? Refusal.ofServer(404) : refusal);
    } else if (head.method().equals("OPTIONS")) {
      HttpAnswer.preflight(exchange, Cors.preflight(action.kind().allow(), asked));
    } else {
      answer(exchange, new Asked(check, head, action), url, new Body(body, encoding));
    }
  }

  /** A request whose head has been checked. */
  private record Asked(TrackingCheck check, RequestHead head, TrackingAction action) {}

  /** A body as received, with its {@code Content-Encoding}. */
  private record Body(@Nullable Object packed, @Nullable Object encoding) {}

  private void answer(Exchange exchange, Asked asked, String url, Body body) {
    TrackingAction action = asked.action();
    RequestHead head = asked.head();
    String key = action.key();
    switch (action.kind()) {
      case METRICS -> HttpAnswer.accept(exchange);
      case SETTINGS -> {
        String settings = sdkSettings.ofSegment(head, key == null ? "" : key, url);
        if (settings == null) {
          HttpAnswer.refuse(exchange, Refusal.ofUnreadableHost());
        } else {
          HttpAnswer.tell(exchange, settings);
        }
      }
      case SOURCE_CONFIG -> {
        String sender = writeKeys.sender(action.authorization(head));
        HttpAnswer.tell(exchange, SdkSettings.ofRudderStack(sender == null ? "" : sender));
      }
      case PIXEL -> {
        exchange.setProperty(HttpAnswer.IMAGE, true);
        if (head.method().equals("HEAD")) {
          // A HEAD request does not show that anybody has seen the image.
          HttpAnswer.answer(exchange);
          exchange.setRouteStop(true);
        } else {
          readData(exchange, asked);
        }
      }
      default -> read(exchange, asked, body);
    }
  }

  /** Reads the event of a pixel from the query, where it is Base64 or Base64url. */
  private void readData(Exchange exchange, Asked asked) {
    String data = asked.head().parameter("data");
    if (data == null) {
      HttpAnswer.refuse(
          exchange, new Refusal(400, "invalid_data", "expected a parameter data, found none"));
      return;
    }
    try {
      // Some senders do not escape a plus, which then is decoded as a blank.
      String standard = data.replace('-', '+').replace('_', '/').replace(' ', '+');
      read(exchange, asked, new Body(Base64.getDecoder().decode(standard), null));
    } catch (IllegalArgumentException e) {
      asked.check().refused(asked.head());
      HttpAnswer.refuse(
          exchange,
          new Refusal(400, "invalid_data", "expected Base64 in the parameter data, found another"));
    }
  }

  private void read(Exchange exchange, Asked asked, Body body) {
    TrackingCheck check = asked.check();
    TrackingAction action = asked.action();
    RequestHead head = asked.head();
    String authorization = action.authorization(head);
    Object encoding = body.encoding();
    try {
      ReadingBudget.Reading reading = room.open(exchange);
      byte[] packed = bytes(exchange, body.packed());
      reading.text(encoding == null ? packed.length : RawBodies.MOST_TEXT_BYTES);
      byte[] text =
          ContentEncoding.decode(
              packed, encoding == null ? null : encoding.toString(), RawBodies.MOST_TEXT_BYTES);
      reading.text(text.length);
      EventReader reader =
          new EventReader(text, clock.instant(), false, choice, writeKeys.sender(authorization))
              .tellMerged(reading::more)
              .askKeys(read -> writeKeys.allow(authorization, read));
      ReadResult result =
          switch (action.kind()) {
            case ANY -> reader.wrap(template).readAny();
            case EVENT, PIXEL -> reader.readEvent(action.type());
            default -> reader.readBatch();
          };
      if (!writeKeys.allow(authorization, result)) {
        throw new UnknownKeyException();
      }
      exchange.setProperty(HttpAnswer.READ_RESULT, result);
      exchange.getMessage().setBody(result.all().iterator());
    } catch (UnknownKeyException e) {
      HttpAnswer.refuse(exchange, check.wrongKey(head.address()));
    } catch (IOException | InvalidJsonException | InvalidEventException e) {
      check.refused(head);
      HttpAnswer.refuse(exchange, refusal(e));
    } catch (StackOverflowError e) {
      // A retry would overflow again, so the sender gets a permanent error.
      LOG.error("A request that overflows the stack was refused", e);
      HttpAnswer.refuse(
          exchange,
          new Refusal(400, "invalid_json", "expected a body that can be read, found one too deep"));
    }
  }

  private static Refusal refusal(Exception why) {
    String message = String.valueOf(why.getMessage());
    if (why instanceof ContentEncoding.TooLongException) {
      return Refusal.ofServer(413);
    }
    if (why instanceof UnsupportedEncodingException) {
      return new Refusal(415, "unsupported_encoding", message);
    }
    if (why instanceof InvalidEventException invalid) {
      return new Refusal(400, invalid.code(), message);
    }
    return why instanceof InvalidJsonException
        ? new Refusal(400, "invalid_json", message)
        : new Refusal(
            400, "invalid_encoding", "expected a body as its Content-Encoding says, found another");
  }

  private static byte[] bytes(Exchange exchange, @Nullable Object body) throws IOException {
    if (body instanceof InputStream stream) {
      // Some servers do not bound the body themselves.
      byte[] bytes = stream.readNBytes(RawBodies.MOST_BYTES + 1);
      if (bytes.length > RawBodies.MOST_BYTES) {
        throw new ContentEncoding.TooLongException();
      }
      return bytes;
    }
    byte[] bytes = exchange.getContext().getTypeConverter().convertTo(byte[].class, exchange, body);
    return bytes == null ? new byte[0] : bytes;
  }
}
