package io.dromedary.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Http;
import io.dromedary.testing.Sockets;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests connections that are opened and not used, or misused. */
@Timeout(60)
class ConnectionsTest {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration AT_MOST = Duration.ofSeconds(20);

  private final List<Socket> sockets = new ArrayList<>();
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private int serve(Connections connections) {
    Router router = Router.router(vertx);
    router.route().handler(connections);
    router.route("/refused").handler(exchange -> exchange.response().setStatusCode(401).end());
    router
        .route()
        .handler(
            exchange ->
                exchange
                    .response()
                    .end("x".repeat(exchange.request().path().equals("/long") ? 100_000 : 100)));
    HttpServer server =
        vertx
            .createHttpServer(new HttpServerOptions().setHttp2ClearTextEnabled(false))
            .requestHandler(router);
    server.connectionHandler(connections::opened);
    server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    connections.watch(vertx);
    return server.actualPort();
  }

  private Socket open(int port, String address) throws IOException {
    Socket socket = Sockets.open(port, address);
    sockets.add(socket);
    return socket;
  }

  private static int read(Socket socket) throws IOException {
    try {
      return socket.getInputStream().read();
    } catch (SocketException e) {
      // A reset counts as closed.
      return -1;
    }
  }

  @Test
  void anAddressLeavesHalfOfThemToOthers() throws Exception {
    int port = serve(new Connections(6, LONG, LONG));
    List<Socket> first = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      first.add(open(port, "127.0.0.1"));
    }
    assertThat(read(open(port, "127.0.0.1"))).isEqualTo(-1);

    Socket other = open(port, "127.0.0.2");
    other.getOutputStream().write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII));
    assertThat(read(other)).isEqualTo('H');

    first.get(0).close();
    String url = "http://127.0.0.1:" + port;
    await().ignoreExceptionsMatching(e -> true).atMost(AT_MOST).until(() -> isServed(url));
  }

  private static boolean isServed(String url) {
    try {
      return Http.send("GET", url).status() == 200;
    } catch (AssertionError e) {
      return false;
    }
  }

  @Test
  void aConnectionWithoutAHeadIsClosed() throws Exception {
    int port = serve(new Connections(10, Duration.ofMillis(50), LONG));
    Socket silent = open(port, "127.0.0.1");
    Socket slow = open(port, "127.0.0.1");
    slow.getOutputStream().write("GET / HTTP/1.1\r\nHo".getBytes(US_ASCII));

    assertThat(read(silent)).isEqualTo(-1);
    assertThat(read(slow)).isEqualTo(-1);
  }

  @Test
  void aConnectionIsKeptForTheNextRequestAndNotForEver() throws Exception {
    int port = serve(new Connections(10, LONG, Duration.ofMillis(50)));
    Socket socket = open(port, "127.0.0.1");
    String request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    socket.getOutputStream().write((request + request).getBytes(US_ASCII));

    // Both answers, and then the end of the connection.
    assertThat(socket.getInputStream().readAllBytes().length).isGreaterThan(200);
  }

  @Test
  void aConnectionOnWhichAllIsRefusedIsClosed() throws Exception {
    int port = serve(new Connections(10, LONG, LONG));
    Socket socket = open(port, "127.0.0.1");
    byte[] request = "GET /refused HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII);
    for (int i = 0; i < 20; i++) {
      socket.getOutputStream().write(request);
    }

    String answers = new String(socket.getInputStream().readAllBytes(), US_ASCII);
    assertThat(answers.split("HTTP/1.1 401", -1)).hasSize(21);
    assertThat(answers.split("Connection: close", -1)).hasSize(2);
  }

  @Test
  void whoReadsNoAnswersIsNotAnswered() throws Exception {
    int port = serve(new Connections(10, LONG, LONG));
    Socket socket = open(port, "127.0.0.1");
    byte[] request = "GET /long HTTP/1.1\r\nHost: a\r\n\r\n".getBytes(US_ASCII);
    boolean isOpen = true;
    for (int i = 0; i < 1_000_000 && isOpen; i++) {
      try {
        socket.getOutputStream().write(request);
      } catch (SocketException e) {
        isOpen = false;
      }
    }

    assertThat(isOpen).isFalse();
  }
}
