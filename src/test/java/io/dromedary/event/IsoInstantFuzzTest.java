package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/** Any text as a date: the quick way says what the JDK says, and no date is too far away. */
class IsoInstantFuzzTest {

  private static final Duration FARTHEST = Duration.ofSeconds(100_000_000_000L);

  static Stream<byte[]> seeds() {
    return Stream.of(
            "2026-01-31T12:00:00.000Z",
            "2024-02-29T01:02:03.045Z",
            "2026-13-32T24:60:61.000Z",
            "2026-01-31T24:00:00.000Z",
            "2016-12-31T23:59:60.000Z",
            "2026-01-31T12:00:00.123456789Z",
            "2026-01-31T12:00:00.000+01:00",
            "2026-01-31T12:00:00+0800",
            "+1000000000-12-31T23:59:59.999999999Z",
            "-1000000000-01-01T00:00:00Z",
            "2026-01-31T12:00Z",
            "")
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest
  void saysWhatTheJdkSays(byte[] input) {
    String text = new String(input, UTF_8);

    Instant expected = orNull(Instant::parse, text);
    assertThat(orNull(IsoInstant::parse, text)).isEqualTo(expected);
    Instant used = EventCompletion.instant(text);
    if (used != null) {
      assertThat(used).isEqualTo(expected);
      assertThat(Duration.between(Instant.EPOCH, used).abs()).isLessThanOrEqualTo(FARTHEST);
    }
  }

  private static @Nullable Instant orNull(Function<String, Instant> parse, String text) {
    try {
      return parse.apply(text);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
