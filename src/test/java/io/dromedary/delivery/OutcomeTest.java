package io.dromedary.delivery;

import static io.dromedary.delivery.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.Outcome.Kind.PERMANENT;
import static io.dromedary.delivery.Outcome.Kind.TEMPORARY;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.delivery.flow.Signal;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
        // Whoever says never need not say when.
        "400 | 120                           | ",
      })
  void retryAfterIsReadInEveryForm(int status, String value, Instant expected) {
    assertThat(Outcome.of(status, null, value, NOW).notBefore()).isEqualTo(expected);
  }
}
