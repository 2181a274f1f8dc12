package io.dromedary.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Http;
import io.dromedary.testing.Sockets;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.net.Socket;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests bodies behind a collector of at most 500,000 bytes and Vert.x's own handler. */
@Timeout(60)
class BodyCollectorTest {

  private static final int MOST = 500_000;

  private final Vertx vertx = Vertx.vertx();
  private int port;
  private String url = "";

  @BeforeEach
  void start() {
    Router router = Router.router(vertx);
    router
        .route()
        .handler(new BodyCollector(MOST, exchange -> !"/other".equals(exchange.request().path())));
    router.route().handler(BodyHandler.create(false).setBodyLimit(MOST));
    router.route().handler(BodyCollectorTest::answer);
    HttpServer server = vertx.createHttpServer().requestHandler(router);
    server.listen(0, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    port = server.actualPort();
    url = "http://127.0.0.1:" + port;
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  /** Answers with the body, and in a header how much memory it takes. */
  @SuppressWarnings("deprecation") // Of Vert.x, which has no other way to see the memory.
  private static void answer(RoutingContext exchange) {
    exchange
        .response()
        .putHeader(
            "Bytes", Integer.toString(exchange.body().buffer().getByteBuf().unwrap().capacity()))
        .end(exchange.body().buffer());
  }

  private static String body(int length) {
    return IntStream.range(0, length)
        .mapToObj(i -> Integer.toString(i % 7))
        .collect(Collectors.joining());
  }

  @Test
  void aBodyOfManyPartsIsReadIntoABufferOfItsLength() {
    String body = body(450_000);

    Http.Response answer = Http.post(url, body);

    assertThat(answer.body()).isEqualTo(body);
    assertThat(answer.headers("Bytes")).containsExactly("450000");
  }

  @Test
  void aShortBodyAndAnEmptyOneAreRead() {
    assertThat(Http.post(url, "a").body()).isEqualTo("a");
    assertThat(Http.post(url, "").body()).isEmpty();
  }

  @Test
  void aBodyThatItShallNotReadIsLeftToTheOtherHandler() {
    Http.Response answer = Http.post(url + "/other", body(450_000));

    assertThat(answer.body()).isEqualTo(body(450_000));
    assertThat(answer.headers("Bytes").get(0)).isNotEqualTo("450000");
  }

  @Test
  void otherBodiesAreLeftToTheOtherHandler() throws Exception {
    assertThat(Http.postChunks(url, List.of("ab".getBytes(US_ASCII))).body()).isEqualTo("ab");
    assertThat(Http.post(url, body(MOST + 1)).status()).isEqualTo(413);
    assertThat(Http.post(url, "a=b", "Content-Type", "text/plain").body()).isEqualTo("a=b");
    try (Socket socket = Sockets.open(port, "127.0.0.1")) {
      String head =
          "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n";
      socket.getOutputStream().write(head.getBytes(US_ASCII));
      assertThat(new String(socket.getInputStream().readNBytes(12), US_ASCII))
          .isEqualTo("HTTP/1.1 100");
    }
  }
}
