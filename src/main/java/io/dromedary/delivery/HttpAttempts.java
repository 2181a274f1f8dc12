package io.dromedary.delivery;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.hc.client5.http.async.AsyncExecCallback;
import org.apache.hc.client5.http.async.AsyncExecChain;
import org.apache.hc.client5.http.async.AsyncExecRuntime;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.nio.AsyncEntityProducer;
import org.apache.hc.core5.http.nio.DataStreamChannel;
import org.apache.hc.core5.http.nio.support.BasicRequestProducer;
import org.apache.hc.core5.io.CloseMode;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the attempts of a destination at webhooks that speak HTTP. An attempt is one request, and
 * ends at its deadline whatever it is at, from looking up the host to the last byte of the answer:
 * the HTTP client's own time-outs limit single reads, so a receiver that drips a byte a second
 * would hold a request for as long as it likes.
 *
 * <p>No thread waits for an answer but the client's few I/O threads for all of them. They also tell
 * what has come of an attempt, so whoever is told must not wait for anything.
 *
 * <p>Thread-safe. {@link #expire()} has to be called every few milliseconds.
 */
final class HttpAttempts {

  /** Is told what came of an attempt, once: an answer, or a failure. */
  interface Listener {
    void answered(WebhookAnswer answer);

    void failed(Exception failure);
  }

  private static final Logger LOG = LoggerFactory.getLogger(HttpAttempts.class);

  /** The attribute of a request's context that holds its attempt. */
  private static final String ATTEMPT = "dromedary.attempt";

  private final String name;
  private final Duration timeout;
  private final Supplier<HttpAsyncClientBuilder> clients;
  private final StartGate gate;
  private final Set<Attempt> running = ConcurrentHashMap.newKeySet();

  /** The HTTP client, from the first attempt on; guarded by this where it changes. */
  private volatile @Nullable CloseableHttpAsyncClient client;

  private boolean closed;

  /**
   * The attempts of a destination.
   *
   * @param timeout from the start of an attempt to its deadline
   * @param clients what a new HTTP client is like
   * @param gate is closed while too many attempts have begun
   */
  HttpAttempts(
      String name, Duration timeout, Supplier<HttpAsyncClientBuilder> clients, StartGate gate) {
    this.name = name;
    this.timeout = timeout;
    this.clients = clients;
    this.gate = gate;
  }

  /** Starts an attempt. It may take as long as looking up the host does, the attempt may not. */
  void start(HttpRequest request, AsyncEntityProducer body, Listener listener) {
    Attempt attempt = new Attempt(listener, System.nanoTime() + timeout.toNanos());
    running.add(attempt);
    attempt.start(request, body);
  }

  /** Ends the attempts whose deadline has passed. */
  void expire() {
    long now = System.nanoTime();
    for (Attempt attempt : running) {
      if (now - attempt.deadlineNanos >= 0) {
        attempt.expire();
      }
    }
  }

  /** Ends all attempts that run, and lets none begin. */
  synchronized void close() {
    closed = true;
    CloseableHttpAsyncClient last = client;
    client = null;
    if (last != null) {
      last.close(CloseMode.IMMEDIATE);
    }
    running.forEach(Attempt::cancelled);
  }

  private CloseableHttpAsyncClient client() {
    CloseableHttpAsyncClient current = client;
    return current == null ? newClient() : current;
  }

  private synchronized CloseableHttpAsyncClient newClient() {
    if (closed) {
      throw new CancellationException("the destination has stopped");
    }
    CloseableHttpAsyncClient current = client;
    if (current == null) {
      current =
          clients
              .get()
              .setThreadFactory(new IoThreads())
              .addExecInterceptorLast("attempt", HttpAttempts::send)
              .build();
      current.start();
      client = current;
    }
    return current;
  }

  /** Sends a request, on a connection that is there. */
  private static void send(
      HttpRequest request,
      AsyncEntityProducer body,
      AsyncExecChain.Scope scope,
      AsyncExecChain chain,
      AsyncExecCallback callback)
      throws HttpException, IOException {
    ((Attempt) scope.clientContext.getAttribute(ATTEMPT)).connected(scope.execRuntime);
    chain.proceed(request, body, scope, callback);
  }

  /** Threads of one HTTP client. */
  private final class IoThreads implements ThreadFactory {

    private final AtomicInteger count = new AtomicInteger();
    private final AtomicBoolean ended = new AtomicBoolean();

    @Override
    public Thread newThread(Runnable task) {
      return WorkerThreads.platform(() -> run(task), name + "-io-" + count.incrementAndGet());
    }

    private void run(Runnable task) {
      try {
        task.run();
      } finally {
        if (ended.compareAndSet(false, true)) {
          replace();
        }
      }
    }

    /** An Error ends an I/O thread, not the client, which would go on giving it connections. */
    private void replace() {
      synchronized (HttpAttempts.this) {
        CloseableHttpAsyncClient broken = client;
        if (!closed && broken != null) {
          LOG.error(
              "Destination {}: the HTTP client is replaced, as a thread of it has ended", name);
          client = null;
          broken.close(CloseMode.IMMEDIATE);
        }
      }
    }
  }

  private final class Attempt implements FutureCallback<WebhookAnswer> {

    final long deadlineNanos;
    private final int begun = gate.begun();
    private final AtomicBoolean written = new AtomicBoolean();
    private final Listener listener;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile boolean expired;
    private volatile @Nullable AsyncExecRuntime connection;

    Attempt(Listener listener, long deadlineNanos) {
      this.listener = listener;
      this.deadlineNanos = deadlineNanos;
    }

    void start(HttpRequest head, AsyncEntityProducer body) {
      HttpClientContext context = HttpClientContext.create();
      context.setAttribute(ATTEMPT, this);
      try {
        Future<WebhookAnswer> unused =
            client()
                .execute(new Request(head, body, this::written), new AnswerReader(), context, this);
      } catch (RuntimeException e) {
        failed(e);
      }
    }

    /** The request is to be sent next, unless it is too late. */
    void connected(AsyncExecRuntime by) throws AttemptTimeoutException {
      connection = by;
      if (expired) {
        throw new AttemptTimeoutException(timeout);
      }
    }

    void expire() {
      expired = true;
      AsyncExecRuntime by = connection;
      // Told first, or the client would tell of a connection that has been closed.
      AttemptTimeoutException failure = new AttemptTimeoutException(timeout);
      if (end(() -> listener.failed(failure)) && by != null) {
        // To cancel the request would do nothing: the client forgets how, where it has taken the
        // connection from its pool. One that only connects ends by the client's own time-out.
        by.discardEndpoint();
      }
    }

    @Override
    public void completed(WebhookAnswer answer) {
      end(() -> listener.answered(answer));
    }

    @Override
    public void failed(Exception failure) {
      end(() -> listener.failed(failure));
    }

    @Override
    public void cancelled() {
      failed(new CancellationException("the destination has stopped"));
    }

    /** Hands on what came of the attempt, unless it has ended before. */
    private boolean end(Runnable task) {
      if (!ended.compareAndSet(false, true)) {
        return false;
      }
      running.remove(this);
      task.run();
      written();
      return true;
    }

    private void written() {
      if (written.compareAndSet(false, true)) {
        gate.written(begun);
      }
    }
  }

  /** A request that tells, maybe several times, that an I/O thread writes it. */
  private static final class Request extends BasicRequestProducer {

    private final Runnable whenWritten;

    Request(HttpRequest head, AsyncEntityProducer body, Runnable whenWritten) {
      super(head, body);
      this.whenWritten = whenWritten;
    }

    @Override
    public void produce(DataStreamChannel channel) throws IOException {
      super.produce(channel);
      whenWritten.run();
    }
  }
}
