package io.dromedary.delivery;

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
 * The connections of one webhook. There are as many as there are attempts: nobody ever waits for
 * one, so a webhook that hangs cannot take the others'. Thread-safe.
 */
final class HttpConnections extends PoolingHttpClientConnectionManager {

  /**
   * The client's own default for each of three buffers is 8 KiB, and there may be thousands of
   * connections; what does not fit is sent and read in pieces.
   */
  private static final Http1Config HTTP =
      Http1Config.custom()
          .setBufferSize(2048)
          .setMaxHeaderCount(200)
          .setMaxLineLength(16 * 1024)
          .build();

  /** The plain sockets of those that speak TLS. */
  private static final Map<Socket, Socket> BELOW = Collections.synchronizedMap(new WeakHashMap<>());

  private final Reuse reuse;
  private final ConnectionFigures figures;
  private final PermittedLookup lookup;

  /**
   * Connections of a webhook, none yet.
   *
   * @param connect how long connecting may take
   * @param figures is told of requests and handshakes
   * @param lookup looks up hosts, and says where a connection may be made to
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
    this.reuse = new Reuse(connect);
    this.lookup = lookup;
    this.figures = figures;
    setDefaultMaxPerRoute(Integer.MAX_VALUE);
    setDefaultSocketConfig(sockets);
    setConnectionConfigResolver(route -> reuse.config());
  }

  /** An attempt that has ended connects no more, wherever it was when it ended. */
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
   * Whether something has come on a connection that has served before and is not in use: a second
   * answer to a request before, perhaps, which would be taken for that to the next. Costs a system
   * call.
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
    // It may be something of TLS itself.
    return below.getInputStream().available() > 0
        && connection.isDataAvailable(Timeout.ofMilliseconds(1));
  }

  ConnectionFigures figures() {
    return figures;
  }

  Reuse reuse() {
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
   * What may be used again has brought its answer and no more, unless the attempt had ended by
   * then.
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

  /** Closes what has not been used for a minute. */
  void evict() {
    closeIdle(TimeValue.ofMinutes(1));
  }

  /** A connection was closed by the receiver, so the others that wait in the pool may be, too. */
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
