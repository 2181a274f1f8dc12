package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads any text as a date. The fast parser agrees with the JDK, an offset in the basic format
 * means the same as one with a colon, and no date is too far away.
 */
class IsoInstantFuzzTest {

  private static final Duration FARTHEST = Duration.ofSeconds(100_000_000_000L);

  /** A date and time with an offset in hours, or in hours and minutes without a colon. */
  private static final Pattern BASIC = Pattern.compile("(.{10}.+[+-][0-9]{2})([0-9]{2})?");

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
            "2026-01-31T12:00:00.000-0330",
            "2026-01-31T12:00:00+08",
            "2026-01-31T12:00:00+08:00:30",
            "2026-01-31-0800",
            "+12026-01-31T12:00:00-1200",
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
    Instant read = orNull(IsoInstant::read, text);
    assertThat(read).isEqualTo(expected == null ? basic(text) : expected);
    Instant used = EventCompletion.instant(text);
    if (used != null) {
      assertThat(used).isEqualTo(read);
      assertThat(Duration.between(Instant.EPOCH, used).abs()).isLessThanOrEqualTo(FARTHEST);
    }
  }

  /** The JDK's result for a time with an offset without a colon. */
  private static @Nullable Instant basic(String text) {
    Matcher matcher = BASIC.matcher(text);
    return matcher.matches()
        ? orNull(Instant::parse, matcher.replaceFirst(matcher.group(2) == null ? "$1:00" : "$1:$2"))
        : null;
  }

  private static @Nullable Instant orNull(Function<String, Instant> parse, String text) {
    try {
      return parse.apply(text);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
