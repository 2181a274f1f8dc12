package io.dromedary.server;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.http.RawBodies;
import io.dromedary.settings.HeapShare;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Sockets;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.BodyHandler;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tests any number of requests that are begun and not ended. */
@Timeout(60)
class RequestBudgetTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final List<Socket> sockets = new ArrayList<>();
  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void close() throws Exception {
    for (Socket socket : sockets) {
      socket.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private int serve(RequestBudget room) {
    Router router = Router.router(vertx);
    router.route().handler(room);
    router.route().handler(BodyHandler.create(false));
    router.route().handler(exchange -> exchange.response().end("taken"));
    HttpServer server = vertx.createHttpServer().requestHandler(router);
    server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    return server.actualPort();
  }

  private Socket begin(int port, String address, String length) throws IOException {
    Socket socket = Sockets.open(port, address);
    sockets.add(socket);
    socket
        .getOutputStream()
        .write(
            ("POST /v1/track HTTP/1.1\r\nHost: 127.0.0.1\r\n" + length + "\r\n\r\n{")
                .getBytes(US_ASCII));
    return socket;
  }

  @Test
  void whereThereIsNoRoomARequestIsRefusedUntilThereIs() throws Exception {
    String url = "http://127.0.0.1:" + serve(new RequestBudget(1_000_010, AT_MOST));
    int port = Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
    Socket half = begin(port, "127.0.0.2", "Content-Length: 1000000");
    await().atMost(AT_MOST).until(() -> Http.post(url, "12345678901").status() == 503);

    assertThat(Http.post(url, "12345678901").headers("Connection")).containsExactly("close");
    assertThat(Http.post(url, "1234567890").body()).isEqualTo("taken");
    assertThat(Http.send("GET", url).body()).isEqualTo("taken");

    half.close();
    await().atMost(AT_MOST).until(() -> Http.post(url, "12345678901").status() == 200);
  }

  @Test
  void anAddressThatFillsTheRoomLeavesHalfOfItToOthers() throws Exception {
    String url = "http://127.0.0.1:" + serve(new RequestBudget(1000, AT_MOST));
    int port = Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
    begin(port, "127.0.0.1", "Content-Length: 300");
    begin(port, "127.0.0.1", "Content-Length: 300");

    await().atMost(AT_MOST).until(() -> Http.post(url, "1").status() == 429);
    Socket other = begin(port, "127.0.0.2", "Content-Length: 1");
    assertThat(new String(other.getInputStream().readNBytes(12), US_ASCII))
        .isEqualTo("HTTP/1.1 200");
  }

  @Test
  void aBodyWithoutALengthTakesAsMuchAsTheLongest() throws Exception {
    String url = "http://127.0.0.1:" + serve(new RequestBudget(RawBodies.MOST_BYTES, AT_MOST));
    int port = Integer.parseInt(url.substring(url.lastIndexOf(':') + 1));
    begin(port, "127.0.0.2", "Transfer-Encoding: chunked");

    await().atMost(AT_MOST).until(() -> Http.post(url, "1").status() == 503);
  }

  @Test
  void aBodyThatDoesNotComeIsNotWaitedFor() throws Exception {
    int port = serve(new RequestBudget(10, Duration.ofMillis(100)));
    Socket drips = begin(port, "127.0.0.1", "Content-Length: 10");

    assertThat(drips.getInputStream().read()).isEqualTo(-1);
    String url = "http://127.0.0.1:" + port;
    await().atMost(AT_MOST).until(() -> Http.post(url, "1234567890").status() == 200);
  }

  @Test
  void theApplicationHasRoomForAPartOfTheHeap() throws Exception {
    try (Receiver receiver = Receiver.start();
        Application application =
            Application.start(folder, Map.of("webhooks.urls", receiver.url("/hook")))) {
      String event = json("{'userId':'u','event':'e'}");
      long most = HeapShare.REQUESTS.bytes() / RawBodies.MOST_BYTES;
      for (long i = 0; i <= most; i++) {
        begin(
            application.port(),
            "127.0.0." + (2 + i % 250),
            "Content-Length: " + RawBodies.MOST_BYTES);
      }
      String url = application.url("/v1/track");
      await()
          .atMost(AT_MOST)
          .until(
              () ->
                  Http.post(url, event + " ".repeat(RawBodies.MOST_BYTES - event.length())).status()
                      == 503);
      Http.Response refused =
          Http.post(url, event + " ".repeat(RawBodies.MOST_BYTES - event.length()));
      assertThat(refused.headers("Retry-After")).containsExactly("5");
      assertThat(refused.body()).contains("unavailable");
      for (Socket socket : sockets) {
        socket.close();
      }
      await().atMost(AT_MOST).until(() -> Http.post(url, event).status() == 200);
      receiver.awaitCount(1, AT_MOST);
    }
  }
}
