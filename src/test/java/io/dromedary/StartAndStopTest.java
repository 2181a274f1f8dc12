package io.dromedary;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.app.PackagedApplication;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Processor;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The responses that senders get while the application starts and stops. */
@Timeout(60)
class StartAndStopTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String EVENT = json("{'userId':'u','event':'e'}");

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();

  @AfterEach
  void close() {
    receiver.close();
  }

  private Map<String, String> settings(int port) {
    return Map.of("webhooks.urls", receiver.url("/hook"), "camel.server.port", "" + port);
  }

  @RepeatedTest(5)
  void whoWaitsForThePortIsServed() throws Exception {
    int port = Application.freePort();
    CompletableFuture<List<String>> answers =
        CompletableFuture.supplyAsync(
            () ->
                List.of(
                    atFirstAnswer(port, "POST /v1/track", EVENT),
                    atFirstAnswer(port, "GET /observe/health", "")));

    Application application = Application.start(folder, settings(port));
    try {
      assertThat(answers.get(AT_MOST.toSeconds(), TimeUnit.SECONDS))
          .containsExactly("HTTP/1.1 200 OK", "HTTP/1.1 200 OK");
      receiver.awaitCount(1, AT_MOST);
    } finally {
      application.close();
    }
  }

  /**
   * Returns the first line of the first response. For some microseconds Vert.x closes the
   * connections that it accepts, since it listens before its TLS options are set. For a sender this
   * is no different from the refused connections of the moment before.
   */
  private static String atFirstAnswer(int port, String request, String body) {
    while (true) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
        if (socket.getLocalPort() == port) {
          continue; // Connected to itself, which can happen with a port of the ephemeral range.
        }
        String head =
            request
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                + body.length()
                + "\r\n\r\n";
        socket.getOutputStream().write((head + body).getBytes(UTF_8));
        byte[] answer = socket.getInputStream().readAllBytes();
        if (answer.length > 0) {
          return new String(answer, UTF_8).split("\r\n", 2)[0];
        }
      } catch (ConnectException e) {
        Thread.onSpinWait();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Test
  void aPortThatIsTakenDuringTheStartEndsIt() throws Exception {
    int port = Application.freePort();
    try (ServerSocket other = new ServerSocket()) {
      Main main = PackagedApplication.main(folder, Map.of());
      settings(port).forEach(main::addOverrideProperty);
      main.addOverrideProperty("webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve("outbox.db"));
      main.addMainListener(
          new MainListenerSupport() {
            @Override
            public void afterConfigure(BaseMainSupport main) {
              try {
                other.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            }
          });

      assertThatThrownBy(main::start)
          .hasStackTraceContaining(
              "camel.server.host and camel.server.port: found 127.0.0.1 and "
                  + port
                  + ", expected an address of this machine and a port that is free (");
      main.stop();
    }
  }

  @Test
  void filesAreNotServed() {
    assertThatThrownBy(
            () -> Application.start(folder, Map.of("camel.server.staticEnabled", "true")).close())
        .hasMessage(
            "camel.server.staticEnabled: found true, which serves the working directory with the"
                + " settings and the outbox in it, expected false.");
  }

  @Test
  void aStopAnswersWhatIsUnderWayAndSendsOthersAway() throws Exception {
    Files.writeString(
        Files.createDirectory(folder.resolve("routes")).resolve("slow.camel.yaml"),
        """
        - route:
            id: slow
            from:
              uri: platform-http:/slow
              steps:
                - process:
                    ref: hold
        """);
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    Processor hold =
        exchange -> {
          entered.countDown();
          released.await();
          exchange.getMessage().setBody("done");
        };
    int port = Application.freePort();
    Application application = Application.start(folder, settings(port), Map.of("hold", hold));
    String url = "http://127.0.0.1:" + port;
    CompletableFuture<Http.Response> slow =
        CompletableFuture.supplyAsync(() -> Http.send("GET", url + "/slow"));
    entered.await();

    CompletableFuture<Void> stop = CompletableFuture.runAsync(application::close);

    await().atMost(AT_MOST).until(() -> Http.post(url + "/v1/track", EVENT).status() == 503);
    Http.Response away = Http.post(url + "/v1/track", EVENT);
    assertThat(away.headers("Retry-After")).containsExactly("1");
    assertThat(away.headers("Connection")).containsExactly("close");
    assertThat(away.body())
        .isEqualTo(
            json(
                "{'success':false,'code':'unavailable','message':'The events could not be stored;"
                    + " send them again later.'}"));
    released.countDown();
    assertThat(slow.get(AT_MOST.toSeconds(), TimeUnit.SECONDS).body()).isEqualTo("done");
    stop.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
  }
}
