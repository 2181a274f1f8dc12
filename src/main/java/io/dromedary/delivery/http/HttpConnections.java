package io.dromedary.delivery.http;

import io.dromedary.delivery.attempt.Attempt;
import io.dromedary.delivery.attempt.ConnectionFigures;
import java.io.IOException;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.io.ConnectionEndpoint;
import org.apache.hc.client5.http.io.LeaseRequest;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.URIScheme;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.pool.PoolReusePolicy;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * The connection pool of one webhook. It has no upper bound of its own: the number of attempts
 * bounds it. So attempts never wait for a connection, and a webhook that hangs takes none from
 * others. Thread-safe.
 */
final class HttpConnections extends PoolingHttpClientConnectionManager {

  /**
   * The client's default of 8 KiB for each of three buffers is too much for thousands of
   * connections. Longer messages are sent and read in pieces.
   */
  private static final Http1Config HTTP =
      Http1Config.custom()
          .setBufferSize(2048)
          .setMaxHeaderCount(200)
          .setMaxLineLength(16 * 1024)
          .build();

  /** Maps TLS sockets to the plain sockets below them. */
  private static final Map<Socket, Socket> BELOW = Collections.synchronizedMap(new WeakHashMap<>());

  private final ConnectionReuse reuse;
  private final ConnectionFigures figures;
  private final PermittedLookup lookup;

  /**
   * Creates an empty pool.
   *
   * @param connect the timeout of connecting
   * @param figures counts requests and handshakes
   * @param lookup resolves hosts and decides which addresses are allowed
   */
  HttpConnections(
      Timeout connect,
      SocketConfig sockets,
      TlsSocketStrategy tls,
      HeadBudget budget,
      ConnectionFigures figures,
      PermittedLookup lookup) {
    super(
        new DefaultHttpClientConnectionOperator(
            proxy -> open(proxy == null ? SocketChannel.open().socket() : new Socket(proxy)),
            null,
            lookup,
            RegistryBuilder.<TlsSocketStrategy>create()
                .register(URIScheme.HTTPS.id, tls(tls, figures))
                .build()),
        PoolConcurrencyPolicy.LAX,
        PoolReusePolicy.LIFO,
        TimeValue.NEG_ONE_MILLISECOND,
        ManagedHttpClientConnectionFactory.builder()
            .http1Config(HTTP)
            .responseParserFactory(AnswerHead.parsers(HTTP, budget))
            .build());
    this.reuse = new ConnectionReuse(connect);
    this.lookup = lookup;
    this.figures = figures;
    setDefaultMaxPerRoute(Integer.MAX_VALUE);
    setDefaultSocketConfig(sockets);
    setConnectionConfigResolver(route -> reuse.config());
  }

  /** Registers the socket with the attempt, which refuses it if it has already ended. */
  private static Socket open(Socket socket) throws IOException {
    Attempt attempt = Attempt.current();
    if (attempt != null) {
      attempt.connects(socket);
    }
    return socket;
  }

  private static TlsSocketStrategy tls(TlsSocketStrategy strategy, ConnectionFigures figures) {
    return (socket, endpoint, port, attachment, context) -> {
      SSLSocket secure = strategy.upgrade(socket, endpoint, port, attachment, context);
      BELOW.put(secure, socket);
      figures.secured(endpoint, secure.getSession());
      return secure;
    };
  }

  /**
   * Returns whether an idle connection has received data, such as a second answer to an earlier
   * request, which would be taken for the answer to the next one. Costs a system call.
   */
  static boolean hasReceived(HttpClientConnection connection) throws IOException {
    Socket socket =
        connection instanceof ManagedHttpClientConnection managed ? managed.getSocket() : null;
    if (socket == null) {
      return false;
    }
    Socket below = BELOW.get(socket);
    if (below == null) {
      return socket.getInputStream().available() > 0;
    }
    // It may be a TLS record without data.
    return below.getInputStream().available() > 0
        && connection.isDataAvailable(Timeout.ofMilliseconds(1));
  }

  ConnectionFigures figures() {
    return figures;
  }

  ConnectionReuse reuse() {
    return reuse;
  }

  @Override
  public LeaseRequest lease(
      String id, HttpRoute route, @Nullable Timeout timeout, @Nullable Object state) {
    if (route.getProxyHost() != null) {
      lookup.addProxy(route.getProxyHost());
    }
    return super.lease(id, route, timeout, state);
  }

  /**
   * Returns a connection to the pool. A connection is reused only if its attempt got a whole answer
   * in time and nothing after it.
   */
  @Override
  public void release(
      ConnectionEndpoint connection, @Nullable Object state, @Nullable TimeValue keepAlive) {
    Attempt attempt = Attempt.current();
    if (attempt != null
        && connection.isConnected()
        && (!attempt.answered() || attempt.isFollowed())) {
      connection.close(CloseMode.IMMEDIATE);
    }
    super.release(connection, state, keepAlive);
  }

  /** Closes connections that have not been used for a minute. */
  void evict() {
    closeIdle(TimeValue.ofMinutes(1));
  }

  /**
   * Closes idle connections, because the receiver has closed one and may have closed the others,
   * too.
   */
  void closeIdle() {
    closeIdle(TimeValue.ZERO_MILLISECONDS);
  }

  /**
   * Does nothing: the client closes all connections of the pool when one request ends in an Error.
   */
  @Override
  public void close(CloseMode mode) {}

  /** Closes all connections for good. */
  void shutDown() {
    super.close(CloseMode.IMMEDIATE);
  }
}
