package io.dromedary.delivery.attempt;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static io.dromedary.delivery.attempt.Outcome.Kind.TEMPORARY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.dromedary.delivery.flow.Signal;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateExpiredException;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.camel.RuntimeCamelException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.ProtocolException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class OutcomeTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  @Test
  void everyStatusHasItsKind() {
    for (int status = 200; status < 600; status++) {
      Outcome.Kind expected =
          switch (status) {
            case 408, 425, 429 -> TEMPORARY;
            case 501, 505 -> PERMANENT;
            default -> status < 300 ? ACCEPTED : status < 500 ? PERMANENT : TEMPORARY;
          };
      assertThat(Outcome.of(status, null, null, NOW).kind())
          .as("status %d", status)
          .isEqualTo(expected);
    }
  }

  @Test
  void everyStatusIsASignal() {
    for (int status = 200; status < 600; status++) {
      Signal.Kind expected =
          switch (status) {
            case 429 -> Signal.Kind.THROTTLED;
            case 408, 425, 502, 503, 504 -> Signal.Kind.UNAVAILABLE;
            default ->
                status < 300
                    ? Signal.Kind.ACCEPTED
                    : status < 500 ? Signal.Kind.REJECTED : Signal.Kind.ERROR;
          };
      assertThat(Outcome.of(status, null, null, NOW).signal())
          .as("status %d", status)
          .isEqualTo(expected);
    }
  }

  @Test
  void everyStatusHasItsClass() {
    for (int status = 100; status < 600; status++) {
      AttemptClass expected =
          switch (status) {
            case 408 -> AttemptClass.REQUEST_TIMEOUT;
            case 425 -> AttemptClass.TOO_EARLY;
            case 429 -> AttemptClass.TOO_MANY;
            default ->
                List.of(
                        AttemptClass.OTHER,
                        AttemptClass.ACCEPTED,
                        AttemptClass.REDIRECTED,
                        AttemptClass.CLIENT_ERROR,
                        AttemptClass.SERVER_ERROR)
                    .get(status / 100 - 1);
          };
      Outcome outcome = Outcome.of(status, null, null, NOW);
      assertThat(outcome.attemptClass()).as("status %d", status).isEqualTo(expected);
      // Otherwise it would be counted under labels that are not shown.
      assertThat(expected.kinds()).as("status %d", status).contains(outcome.kind());
    }
  }

  static Stream<Arguments> failures() {
    return Stream.of(
        arguments(new SocketTimeoutException("Read timed out"), AttemptClass.TIMEOUT),
        arguments(new ConnectException("Connection refused"), AttemptClass.REFUSED),
        arguments(new NoRouteToHostException("No route to host"), AttemptClass.REFUSED),
        arguments(new SocketException("Network is unreachable"), AttemptClass.REFUSED),
        arguments(new UnknownHostException("crm.example"), AttemptClass.DNS),
        arguments(new CertificateExpiredException("on Sunday"), AttemptClass.TLS),
        arguments(
            new SSLHandshakeException("Remote host terminated the handshake"), AttemptClass.TLS),
        arguments(new SSLPeerUnverifiedException("of another"), AttemptClass.TLS),
        arguments(
            new RefusedAddressException("crm.example", InetAddress.getLoopbackAddress()),
            AttemptClass.BLOCKED),
        arguments(new SocketException("Connection reset"), AttemptClass.RESET),
        arguments(
            new SSLException("broken", new SocketException("Broken pipe")), AttemptClass.RESET),
        arguments(new SocketException("Socket closed"), AttemptClass.CLOSED),
        arguments(new NoHttpResponseException("no answer"), AttemptClass.CLOSED),
        arguments(new ConnectionClosedException(), AttemptClass.CLOSED),
        arguments(new EOFException(), AttemptClass.CLOSED),
        arguments(new ProtocolException("no HTTP"), AttemptClass.OTHER),
        arguments(new OutOfMemoryError(), AttemptClass.OTHER));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void everyFailureHasItsClass(Throwable failure, AttemptClass expected) {
    for (Throwable each :
        List.of(failure, new RuntimeCamelException(failure), new IOException(failure))) {
      Outcome outcome = Outcome.of(each);
      assertThat(outcome.attemptClass()).isEqualTo(expected);
      assertThat(expected.kinds()).contains(outcome.kind());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "503 | 120                           | 2026-01-01T00:02:00Z",
        "429 | 1                             | 2026-01-01T00:00:01Z",
        "500 | Thu, 01 Jan 2026 01:00:00 GMT | 2026-01-01T01:00:00Z",
        "503 | Thursday, 01-Jan-26 01:00:00 GMT | 2026-01-01T01:00:00Z",
        "503 | Thu Jan  1 01:00:00 2026      | 2026-01-01T01:00:00Z",
        "503 | Thu Jan 1 01:00:00 2026       | 2026-01-01T01:00:00Z",
        "503 | Sat Jan 31 01:00:00 2026      | 2026-01-31T01:00:00Z",
        "503 | thu, 1 jan 2026 01:00:00 gmt  | 2026-01-01T01:00:00Z",
        "503 | Saturday, 01-Jan-94 01:00:00 GMT | ",
        "503 | 99999999999999999999          | 2027-01-01T00:00:00Z",
        "503 | Fri, 01 Jan 2100 00:00:00 GMT | 2027-01-01T00:00:00Z",
        "503 | 0000000000000005              | 2026-01-01T00:00:05Z",
        "503 | 0000000000                    | ",
        "503 | 0                             | ",
        "503 | -5                            | ",
        "503 | Wed, 31 Dec 2025 00:00:00 GMT | ",
        "503 | soon                          | ",
        // Retry-After is ignored after a permanent failure.
        "400 | 120                           | ",
      })
  void retryAfterIsReadInEveryForm(int status, String value, Instant expected) {
    assertThat(Outcome.of(status, null, value, NOW).notBefore()).isEqualTo(expected);
  }
}
