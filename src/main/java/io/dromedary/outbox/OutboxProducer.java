package io.dromedary.outbox;

import io.dromedary.event.Event;
import io.dromedary.event.EventSequence;
import io.dromedary.event.RejectedEvent;
import io.dromedary.event.UnreadableBodyException;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.tracing.Spans;
import io.dromedary.tracing.Tracing;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.InvalidPayloadException;
import org.apache.camel.Message;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the body of the exchange, and completes when it is on disk. The body is an {@link Event},
 * a list or an iterator of {@link Event}s and {@link RejectedEvent}s, or anything else that can be
 * converted to bytes, which becomes one event.
 *
 * <p>The events of an iterator are stored in chunks. If a chunk cannot be stored, the exchange
 * fails. If the exchange is redelivered, it continues with that chunk, so no event is stored twice
 * or left out.
 */
final class OutboxProducer extends DefaultAsyncProducer {

  private static final Logger LOG = LoggerFactory.getLogger(OutboxProducer.class);

  private static final String NOT_STORED = "DromedaryNotStored";

  /**
   * The part of a body that is not known to be stored at an endpoint.
   *
   * @param stored the number of events at the beginning that are stored
   */
  private record NotStored(
      OutboxEndpoint endpoint, @Nullable Object body, EventSequence all, long stored) {

    /** Whether this is about the given body at the given endpoint. */
    @SuppressWarnings("ReferenceEquality") // The same body, not an equal one.
    boolean isOf(OutboxEndpoint now, @Nullable Object sent) {
      return endpoint == now && body == sent;
    }

    NotStored without(int events) {
      return new NotStored(endpoint, body, all, stored + events);
    }
  }

  private final OutboxEndpoint endpoint;
  private @Nullable HostTransaction joined;
  private @Nullable Spans spans;

  OutboxProducer(OutboxEndpoint endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
  }

  @Override
  protected void doStart() throws Exception {
    super.doStart();
    // If the store cannot be opened, the start of the route fails.
    Outbox outbox = endpoint.outbox();
    spans = Tracing.of(endpoint.getCamelContext());
    DataSource dataSource = endpoint.getDataSource();
    joined =
        dataSource == null
            ? null
            : new HostTransaction(outbox, dataSource, "outbox:" + endpoint.getName());
  }

  @Override
  public boolean process(Exchange exchange, AsyncCallback callback) {
    // The thread that sets this completes the exchange, so that happens once whatever is thrown.
    AtomicBoolean isDone = new AtomicBoolean();
    try {
      HostTransaction transaction = joined;
      if (transaction != null) {
        join(transaction, exchange);
      } else if (!storeAndGoOn(exchange, callback, isDone)) {
        return false;
      }
    } catch (Throwable e) {
      if (!isDone.compareAndSet(false, true)) {
        LOG.error("An exchange continues on another thread after an error", e);
        return false;
      }
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      exchange.setException(e);
    }
    callback.done(true);
    return true;
  }

  /**
   * Stores the body. Returns whether the caller continues the route; otherwise another thread does.
   */
  private boolean storeAndGoOn(Exchange exchange, AsyncCallback callback, AtomicBoolean isDone)
      throws Exception {
    Appended last = store(exchange);
    Outbox outbox = endpoint.outbox();
    boolean waits = outbox.mustWait();
    outbox.goOn(
        last.stored(),
        (count, failure) -> {
          last.sent().end(failure);
          if (waits) {
            end(exchange, failure);
          } else if (isDone.compareAndSet(false, true)) {
            try {
              end(exchange, failure);
            } finally {
              callback.done(false);
            }
          }
        });
    return waits;
  }

  private static void end(Exchange exchange, @Nullable Throwable failure) {
    if (failure != null) {
      exchange.setException(cause(failure));
    } else {
      exchange.removeProperty(NOT_STORED);
    }
  }

  private static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return (failure instanceof CompletionException || failure instanceof ExecutionException)
            && cause != null
        ? cause
        : failure;
  }

  /** Stores the whole body on the caller's thread, in its transaction. */
  private void join(HostTransaction transaction, Exchange exchange) throws Exception {
    NotStored all = notStored(exchange);
    Chunk piece = Chunk.of(all.all(), all.stored());
    Throwable failure = all.all().failure();
    if (failure != null) {
      throw new UnreadableBodyException(failure);
    }
    if (!piece.isLast()) {
      throw new IllegalArgumentException(
          "expected at most "
              + Chunk.MOST_EVENTS
              + " events or 16 MiB in a transaction, found more");
    }
    Arrivals arrivals = Arrivals.of(endpoint, piece.events());
    SendSpans sent = SendSpans.of(spans, exchange, arrivals.events());
    boolean isStored;
    try {
      isStored = transaction.append(sent.events(), arrivals.invalid());
    } catch (OutboxException | RuntimeException | Error e) {
      sent.end(e);
      throw e;
    }
    sent.end(null);
    // An iterator cannot be read again, so its events are kept in case the transaction is repeated.
    if (isStored || !(all.body() instanceof Iterator)) {
      exchange.removeProperty(NOT_STORED);
    }
    // In a transacted route this is after the commit. Otherwise the poller finds the events later.
    exchange
        .getExchangeExtension()
        .addOnCompletion(
            new SynchronizationAdapter() {
              @Override
              public void onComplete(Exchange completed) {
                arrivals.events().stream()
                    .map(Append.Arrival::destination)
                    .distinct()
                    .forEach(endpoint.outbox().listeners()::due);
              }
            });
  }

  /** The part of the body that is not known to be stored. At first that is all of it. */
  private NotStored notStored(Exchange exchange) throws InvalidPayloadException {
    Object body = exchange.getMessage().getBody();
    NotStored before = exchange.getProperty(NOT_STORED, NotStored.class);
    if (before == null || !before.isOf(endpoint, body)) {
      before = new NotStored(endpoint, body, events(exchange), 0);
      exchange.setProperty(NOT_STORED, before);
    }
    return before;
  }

  /** Stores all chunks but the last, and starts to store the last. */
  private Appended store(Exchange exchange) throws Exception {
    NotStored left = notStored(exchange);
    while (true) {
      Chunk piece = Chunk.of(left.all(), left.stored());
      Appended appended = append(exchange, piece.events());
      if (piece.isLast()) {
        return appended;
      }
      try {
        appended.stored().get();
      } catch (ExecutionException | InterruptedException e) {
        appended.sent().end(cause(e));
        throw cause(e) instanceof Exception cause ? cause : e;
      }
      appended.sent().end(null);
      left = left.without(piece.events().size());
      exchange.setProperty(NOT_STORED, left);
    }
  }

  private EventSequence events(Exchange exchange) throws InvalidPayloadException {
    Message message = exchange.getMessage();
    Object body = message.getBody();
    if (body instanceof EventSequence sequence) {
      return sequence;
    }
    if (body instanceof Iterator<?> iterator) {
      return new IteratedEvents(iterator);
    }
    if (body instanceof List<?> list && !list.isEmpty() && isOurs(list.get(0))) {
      return new IteratedEvents(list.iterator());
    }
    if (endpoint.isEventsOnly() && !(body instanceof Event || body instanceof RejectedEvent)) {
      throw new IllegalArgumentException(
          "expected events that have been read, found "
              + (body == null ? "none" : "a body of " + body.getClass().getName()));
    }
    return new IteratedEvents(List.of(isOurs(body) ? body : foreign(exchange)).iterator());
  }

  private static boolean isOurs(@Nullable Object body) {
    return body instanceof Event || body instanceof RejectedEvent || body instanceof OutboxEvent;
  }

  private OutboxEvent foreign(Exchange exchange) throws InvalidPayloadException {
    Message message = exchange.getMessage();
    return new OutboxEvent(
        message.getHeader(OutboxEndpoint.MESSAGE_ID, exchange.getExchangeId(), String.class),
        message.getHeader(OutboxEndpoint.TYPE, "", String.class),
        endpoint.outbox().clock().instant(),
        message.getMandatoryBody(byte[].class));
  }

  /** A piece that is stored when the future says so. */
  private record Appended(CompletableFuture<Integer> stored, SendSpans sent) {}

  private Appended append(Exchange exchange, List<?> piece) throws OutboxException {
    Arrivals arrivals = Arrivals.of(endpoint, piece);
    Outbox outbox = endpoint.outbox();
    SendSpans sent = SendSpans.of(spans, exchange, arrivals.events());
    CompletableFuture<Integer> stored;
    try {
      stored = outbox.append(sent.events(), arrivals.invalid());
    } catch (OutboxException | RuntimeException | Error e) {
      sent.end(e);
      throw e;
    }
    if (!arrivals.invalid().isEmpty()) {
      CompletableFuture<Void> unused = stored.thenAccept(count -> countRejected(outbox, piece));
    }
    return new Appended(stored, sent);
  }

  private static void countRejected(Outbox outbox, List<?> piece) {
    for (Object each : piece) {
      if (each instanceof RejectedEvent rejected) {
        outbox.counts().rejected(rejected.code()).increment();
      }
    }
  }
}
