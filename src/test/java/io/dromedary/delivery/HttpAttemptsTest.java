package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.apache.hc.client5.http.impl.async.HttpAsyncClientBuilder;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.entity.BasicAsyncEntityProducer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HttpAttemptsTest {

  private static final Duration LONG = Duration.ofMinutes(1);
  private static final Duration SOON = Duration.ofSeconds(8);

  private final Receiver receiver = Receiver.start();
  private final StartGate gate = new StartGate(1);
  private final Told told = new Told(() -> {});
  private DnsResolver lookup = SystemDefaultDnsResolver.INSTANCE;
  private HttpAttempts attempts = attempts(LONG);

  private HttpAttempts attempts(Duration timeout) {
    return new HttpAttempts("test", timeout, this::client, gate);
  }

  private HttpAsyncClientBuilder client() {
    return HttpAsyncClientBuilder.create()
        .setConnectionManager(
            PoolingAsyncClientConnectionManagerBuilder.create().setDnsResolver(lookup).build())
        .disableAutomaticRetries();
  }

  @AfterEach
  void close() {
    attempts.close();
    receiver.close();
  }

  /** What comes of an attempt. */
  private static final class Told implements HttpAttempts.Listener {

    private final List<Object> outcomes = new CopyOnWriteArrayList<>();
    private final Runnable then;

    Told(Runnable then) {
      this.then = then;
    }

    @Override
    public void answered(WebhookAnswer answer) {
      outcomes.add(answer.status());
      then.run();
    }

    @Override
    public void failed(Exception failure) {
      outcomes.add(failure);
      then.run();
    }

    Object outcome() {
      await().dontCatchUncaughtExceptions().atMost(SOON).until(() -> !outcomes.isEmpty());
      assertThat(outcomes).hasSize(1);
      return outcomes.get(0);
    }
  }

  private Told start(Told told) {
    return start(receiver.url(), told);
  }

  private Told start(String url, Told told) {
    attempts.start(
        new BasicHttpRequest(Method.POST, URI.create(url)),
        new BasicAsyncEntityProducer("{}".getBytes(UTF_8), ContentType.APPLICATION_JSON),
        told);
    return told;
  }

  private void expireUntil(Callable<Boolean> isReached) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              attempts.expire();
              return isReached.call();
            });
  }

  @Test
  void anErrorEndsNoMoreThanItsAttempt() {
    AtomicReference<Thread> ioThread = new AtomicReference<>();
    Told first =
        new Told(
            () -> {
              ioThread.set(Thread.currentThread());
              throw new StackOverflowError("of a test");
            });
    start(first);
    assertThat(first.outcome()).isEqualTo(200);
    await()
        .dontCatchUncaughtExceptions()
        .atMost(SOON)
        .until(() -> ioThread.get() != null && !ioThread.get().isAlive());
    // As many as let every I/O thread have one.
    for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
      assertThat(start(new Told(() -> {})).outcome()).isEqualTo(200);
    }
  }

  @Test
  void aLookupOfTheHostDoesNotOutlastTheDeadline() throws Exception {
    CountDownLatch lookedUp = new CountDownLatch(1);
    CountDownLatch found = new CountDownLatch(1);
    lookup =
        new SystemDefaultDnsResolver() {
          @Override
          public InetAddress[] resolve(String host) throws UnknownHostException {
            lookedUp.countDown();
            try {
              found.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
            return super.resolve(host);
          }
        };
    attempts = attempts(Duration.ofMillis(500));
    CompletableFuture<Told> started = CompletableFuture.supplyAsync(() -> start(told));
    lookedUp.await();
    expireUntil(() -> !told.outcomes.isEmpty());
    assertThat(told.outcome()).isInstanceOf(AttemptTimeoutException.class);
    assertThat(started).isNotDone();
    found.countDown();
    started.join();
    // What is found too late is of no use any more: nothing is sent but what comes next.
    assertThat(start(new Told(() -> {})).outcome()).isEqualTo(200);
    assertThat(told.outcomes).hasSize(1);
    assertThat(receiver.count()).isEqualTo(1);
  }

  /** Whether it is new, or has served an attempt before. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void theConnectionOfAnAttemptThatHasExpiredIsClosed(int before) throws Exception {
    attempts = attempts(Duration.ofMillis(500));
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "http://localhost:" + server.getLocalPort();
      Told first = start(url, new Told(() -> {}));
      try (Socket connection = server.accept()) {
        connection.setSoTimeout((int) SOON.toMillis());
        if (before > 0) {
          read(connection);
          connection
              .getOutputStream()
              .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
          assertThat(first.outcome()).isEqualTo(200);
          start(url, told);
        }
        read(connection);
        Told last = before > 0 ? told : first;
        expireUntil(() -> !last.outcomes.isEmpty());
        assertThat(last.outcome()).isInstanceOf(AttemptTimeoutException.class);
        // The client closes it without waiting for anything.
        assertThatThrownBy(() -> connection.getInputStream().read())
            .isInstanceOf(SocketException.class)
            .hasMessage("Connection reset");
      }
    }
  }

  /** Reads one request. */
  private static void read(Socket connection) throws IOException {
    StringBuilder request = new StringBuilder();
    while (!request.toString().endsWith("{}")) {
      request.append((char) connection.getInputStream().read());
    }
  }

  @Test
  void attemptsEndWithTheDestination() throws Exception {
    receiver.answer(Answer.hang());
    start(told);
    receiver.awaitCount(1, SOON);
    attempts.close();
    assertThat(told.outcome()).isInstanceOf(Exception.class);
    Told late = start(new Told(() -> {}));
    assertThat(late.outcome())
        .isInstanceOfSatisfying(
            CancellationException.class, e -> assertThat(e).hasMessageContaining("has stopped"));
  }

  @Test
  void aRequestThatIsWrittenOpensTheGate() throws Exception {
    CountDownLatch opened = new CountDownLatch(1);
    gate.whenOpen(opened::countDown);
    receiver.answer(Answer.hang());
    start(told);
    // There is no answer, and will not be.
    assertThat(opened.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(gate.isOpen()).isTrue();
    assertThat(told.outcomes).isEmpty();
  }

  @Test
  void anAttemptThatFailsOpensTheGate() {
    receiver.close();
    assertThat(start(told).outcome()).isInstanceOf(ConnectException.class);
    await().atMost(SOON).until(gate::isOpen);
  }
}
