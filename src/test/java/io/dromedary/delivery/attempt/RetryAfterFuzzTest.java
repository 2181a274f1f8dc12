package io.dromedary.delivery.attempt;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.apache.hc.client5.http.utils.DateUtils;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads arbitrary text as {@code Retry-After}: the result is an instant within a year or null, and
 * for a number or a date the instant that it names.
 */
class RetryAfterFuzzTest {

  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
  private static final Instant LATEST = NOW.plus(Duration.ofDays(365));

  static Stream<byte[]> seeds() {
    return Stream.of(
            "120",
            "0",
            "-5",
            " 1 ",
            "99999999999999999999",
            "0000000000",
            "Thu, 01 Jan 2026 01:00:00 GMT",
            "Thursday, 01-Jan-26 01:00:00 GMT",
            "Saturday, 01-Jan-94 01:00:00 GMT",
            "Thu Jan  1 01:00:00 2026",
            "Thu Jan 1 01:00:00 2026",
            "thu, 1 jan 2026 01:00:00 gmt",
            "Fri, 01 Jan 2100 00:00:00 GMT",
            "Wed, 31 Feb 2026 24:00:61 GMT",
            "soon")
        .map(text -> text.getBytes(ISO_8859_1));
  }

  @MethodSource("seeds")
  @FuzzTest
  void isAnInstantWithinAYearOrNone(byte[] input) {
    String text = new String(input, ISO_8859_1);
    Instant read = RetryAfter.read(text, NOW);
    if (read != null) {
      assertThat(read).isAfter(NOW).isBeforeOrEqualTo(LATEST);
    }
    if (text.matches("[0-9]+")) {
      BigInteger seconds =
          new BigInteger(text).min(BigInteger.valueOf(Duration.between(NOW, LATEST).toSeconds()));
      assertThat(read)
          .isEqualTo(seconds.signum() == 0 ? null : NOW.plusSeconds(seconds.longValue()));
    }
    Instant date = date(text);
    if (date != null) {
      Instant expected = date.isAfter(LATEST) ? LATEST : date;
      assertThat(read).isEqualTo(expected.isAfter(NOW) ? expected : null);
    }
  }

  /** Returns a date in the preferred format, as the HTTP client reads it. */
  private static @Nullable Instant date(String text) {
    return text.matches("[A-Z][a-z]{2}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT")
        ? DateUtils.parseStandardDate(text)
        : null;
  }
}
