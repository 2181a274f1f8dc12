package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A webhook receiver on a free loopback port that records what it gets and answers as told, with an
 * empty 200 unless told otherwise. It speaks HTTP/1.1 on plain sockets, because it has to be able
 * to misbehave at every byte. Thread-safe; each connection has a daemon thread that ends with it.
 */
public final class Receiver implements AutoCloseable {

  private static final InetAddress HOST = InetAddress.getLoopbackAddress();

  /** Enough for a load test's clients to connect all at once. */
  private static final int BACKLOG = 1_024;

  /** As it stands in a body without white space, which is the only form a webhook gets. */
  private static final String MESSAGE_ID = "\"messageId\":\"";

  private final @Nullable SSLContext tls;
  private final int port;
  private final Map<String, Integer> messageIds = new ConcurrentHashMap<>();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger connections = new AtomicInteger();
  private final Deque<Answer> script = new ArrayDeque<>();
  private final List<Request> requests = new ArrayList<>();
  private ServerSocket listener;
  private CompletableFuture<Void> accepting;
  private Socket placeholder = new Socket();
  private Answer standing = Answer.status(200);
  private boolean countOnly;
  private volatile boolean keepsIds = true;
  private int count;

  private Receiver(@Nullable SSLContext tls) throws IOException {
    this.tls = tls;
    listener = listen(0);
    port = listener.getLocalPort();
    accepting = accept(listener);
  }

  /** Starts a receiver of plain HTTP. */
  public static Receiver start() {
    return start(null);
  }

  /** Starts a receiver of HTTPS. */
  public static Receiver startTls(Certificates.Server server) {
    return start(server.context());
  }

  private static Receiver start(@Nullable SSLContext tls) {
    try {
      return new Receiver(tls);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The URL of the root, without a slash at its end. */
  public String url() {
    return (tls == null ? "http://" : "https://") + HOST.getHostAddress() + ":" + port;
  }

  /** The URL of a path, which starts with a slash. */
  public String url(String path) {
    return url() + path;
  }

  public int port() {
    return port;
  }

  /** Sets the answer to every request that the script has none for. */
  public synchronized Receiver answer(Answer answer) {
    standing = answer;
    return this;
  }

  /** Sets how to choose the answer to every request that the script has none for. */
  public Receiver answerBy(Function<Request, Answer> choice) {
    return answer(Answer.by(choice));
  }

  /** Adds to the script, which has one answer for each of the next requests. */
  public synchronized Receiver answerNext(Answer... answers) {
    Collections.addAll(script, answers);
    return this;
  }

  /** From now on counts without keeping the requests, so that a load test does not fill memory. */
  public synchronized Receiver countOnly() {
    countOnly = true;
    return this;
  }

  /** From now on keeps no message ids either, of which a test of half an hour has millions. */
  public synchronized Receiver keepNothing() {
    keepsIds = false;
    return countOnly();
  }

  /** The complete requests so far, in the order in which they were complete. */
  public synchronized List<Request> requests() {
    return List.copyOf(requests);
  }

  /** How many complete requests have come. */
  public synchronized int count() {
    return count;
  }

  /** How many connections have been accepted. */
  public int connections() {
    return connections.get();
  }

  /** Whether it has received an event with each of these ids. */
  public boolean hasReceived(Collection<String> ids) {
    return messageIds.keySet().containsAll(ids);
  }

  /** How often each {@code messageId} has come; a body may have several. */
  public Map<String, Integer> messageIds() {
    return Map.copyOf(messageIds);
  }

  /**
   * Waits until at least that many requests have come.
   *
   * @throws AssertionError if they have not come in time
   */
  public synchronized void awaitCount(int expected, Duration atMost) throws InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    for (long left = atMost.toNanos(); count < expected; left = end - System.nanoTime()) {
      if (left <= 0) {
        throw new AssertionError(
            "expected " + expected + " requests within " + atMost + ", but " + count + " came");
      }
      TimeUnit.NANOSECONDS.timedWait(this, left);
    }
  }

  /** Cuts all connections and refuses new ones until {@link #resume}. */
  public synchronized void pause() {
    try {
      disconnect();
      // Bound but not listening: refuses, and keeps the port from becoming anybody's client port.
      placeholder = new Socket();
      placeholder.setReuseAddress(true);
      placeholder.bind(new InetSocketAddress(HOST, port));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many connections are open. */
  public int openConnections() {
    return open.size();
  }

  /** Accepts connections again, on the same port. */
  public synchronized void resume() {
    try {
      placeholder.close();
      listener = listen(port);
      accepting = accept(listener);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Cuts all connections, which ends every behaviour, and frees the port. */
  @Override
  public synchronized void close() {
    try {
      disconnect();
      placeholder.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void disconnect() throws IOException {
    listener.close();
    // The port listens on until the thread that accepts has woken; then nothing is added to open.
    accepting.join();
    for (Socket socket : open) {
      socket.close();
    }
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket listener = new ServerSocket();
    listener.setReuseAddress(true);
    listener.bind(new InetSocketAddress(HOST, port), BACKLOG);
    return listener;
  }

  private CompletableFuture<Void> accept(ServerSocket from) {
    return CompletableFuture.runAsync(
        () -> {
          try {
            while (true) {
              Socket socket = from.accept();
              open.add(socket);
              int serial = connections.incrementAndGet();
              daemon("connection-" + serial, () -> serve(socket, serial));
            }
          } catch (IOException e) {
            if (!from.isClosed()) {
              throw new UncheckedIOException(e);
            }
          }
        },
        task -> daemon("accept", task));
  }

  private void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, "receiver-" + port + "-" + name);
    thread.setDaemon(true);
    thread.start();
  }

  private void serve(Socket socket, int serial) {
    try (socket) {
      socket.setTcpNoDelay(true);
      Connection connection = new Connection(socket, tls, serial);
      boolean stays = true;
      while (stays && connection.awaitRequest()) {
        if (resetsUnread()) {
          connection.reset();
          return;
        }
        Request request = connection.read();
        stays =
            record(request).act(connection, request)
                && !"close".equalsIgnoreCase(request.header("Connection"));
      }
    } catch (IOException e) {
      // The client has gone, or close() has cut the connection: both are everyday life here.
    } finally {
      open.remove(socket);
    }
  }

  private synchronized boolean resetsUnread() {
    boolean resets =
        Objects.requireNonNullElse(script.peek(), standing) == Answer.resetBeforeReading();
    if (resets) {
      script.poll();
    }
    return resets;
  }

  private Answer record(Request request) {
    if (keepsIds) {
      countMessageIds(request.body());
    }
    synchronized (this) {
      count++;
      if (!countOnly) {
        requests.add(request);
      }
      notifyAll();
      return Objects.requireNonNullElse(script.poll(), standing);
    }
  }

  private void countMessageIds(byte[] body) {
    // One character a byte, so that places in the text are places in the body.
    String text = new String(body, ISO_8859_1);
    int next = 0;
    while ((next = text.indexOf(MESSAGE_ID, next)) >= 0) {
      int start = next + MESSAGE_ID.length();
      next = text.indexOf('"', start);
      if (next < 0) {
        return;
      }
      messageIds.merge(new String(body, start, next - start, UTF_8), 1, Integer::sum);
    }
  }
}
