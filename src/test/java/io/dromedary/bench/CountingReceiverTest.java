package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.bench.CountingReceiver.Counts;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class CountingReceiverTest {

  private static final String OK = CountingReceiver.OK;

  private CountingReceiver receiver;

  @BeforeEach
  void start() throws IOException {
    receiver = CountingReceiver.start(Duration.ZERO);
  }

  @AfterEach
  void stop() throws IOException {
    receiver.close();
  }

  @Test
  void countsRequestsThatComeTogether() throws Exception {
    assertThat(answersTo(request(Events.small().event(1)) + request(Events.small().event(2)), 2))
        .isEqualTo(OK + OK);
    receiver.await(2);
    assertThat(receiver.counts()).isEqualTo(new Counts(2, 2, 2));
  }

  @Test
  void countsRequestsThatComeByteByByte() throws Exception {
    byte[] bytes = (request(new byte[0]) + request(Events.small().event(1))).getBytes(UTF_8);
    try (Socket socket = connect()) {
      for (byte b : bytes) {
        socket.getOutputStream().write(b);
      }
      assertThat(answers(socket, 2)).isEqualTo(OK + OK);
    }
    receiver.await(1);
    assertThat(receiver.counts()).isEqualTo(new Counts(2, 1, 1));
  }

  @Test
  void countsTheEventsOfABodyBeyondItsBuffer() throws Exception {
    assertThat(answersTo(request(Events.large().batch(0, 60)), 1)).isEqualTo(OK);
    receiver.await(60);
    assertThat(receiver.counts()).isEqualTo(new Counts(1, 60, 60));
  }

  @Test
  void tellsEventsThatComeAgain() throws Exception {
    assertThat(answersTo(request(Events.small().batch(0, 10)), 1)).isEqualTo(OK);
    assertThat(answersTo(request(Events.small().batch(5, 15)), 1)).isEqualTo(OK);
    receiver.await(15);
    assertThat(receiver.counts()).isEqualTo(new Counts(2, 20, 15));
  }

  @Test
  void answersWhenTheDelayIsOver() throws Exception {
    receiver.close();
    receiver = CountingReceiver.start(Duration.ofMillis(50));
    long start = System.nanoTime();
    assertThat(answersTo(request(Events.small().event(1)), 1)).isEqualTo(OK);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(50));
  }

  @Test
  void refusesARequestWithoutALength() {
    byte[] request = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(UTF_8);
    assertThatThrownBy(() -> RequestLength.of(request, 0, request.length))
        .hasMessage(
            "a request without Content-Length: POST / HTTP/1.1\r\nTransfer-Encoding: chunked");
  }

  private static String request(byte[] body) {
    return "POST /hook HTTP/1.1\r\nHost: x\r\nCONTENT-length: %d\r\n\r\n%s"
        .formatted(body.length, new String(body, UTF_8));
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), receiver.port());
  }

  private String answersTo(String requests, int answers) throws IOException {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(requests.getBytes(UTF_8));
      return answers(socket, answers);
    }
  }

  private static String answers(Socket socket, int answers) throws IOException {
    return new String(socket.getInputStream().readNBytes(answers * OK.length()), UTF_8);
  }
}
