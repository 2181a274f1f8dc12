package io.dromedary.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The fast parser agrees with the JDK for any text. */
class IsoInstantTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "2026-01-31T12:00:00.000Z",
        "2026-01-31T23:59:59.999Z",
        "0000-01-01T00:00:00.000Z",
        "9999-12-31T23:59:59.001Z",
        "2024-02-29T01:02:03.045Z",
        "2026-02-29T01:02:03.045Z",
        "1900-02-29T01:02:03.045Z",
        "2000-02-29T01:02:03.045Z",
        "2026-04-31T00:00:00.000Z",
        "2026-00-10T00:00:00.000Z",
        "2026-13-10T00:00:00.000Z",
        "2026-10-00T00:00:00.000Z",
        "2026-10-32T00:00:00.000Z",
        "2026-01-31T24:00:00.000Z",
        "2026-01-31T24:00:00.001Z",
        "2026-01-31T25:00:00.000Z",
        "2026-01-31T12:60:00.000Z",
        "2026-01-31T12:00:60.000Z",
        "2026-01-31T12:00:61.000Z",
        "2026-01-31t12:00:00.000z",
        "2026-01-31 12:00:00.000Z",
        "2026-01-31T12:00:00,000Z",
        "2026-01-31T12:00:00.00xZ",
        "2026-01-31T12:00:00.00:Z",
        "2026-01-31T12:00:00.00\u0660Z",
        "+2026-01-31T12:00:00.00Z",
        "2026-01-31T12:00:00+0100",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.123456Z",
        "2026-01-31T12:00:00.000+01:00",
        "today",
        ""
      })
  void saysWhatTheJdkSays(String text) {
    assertThat(read(IsoInstant::parse, text)).isEqualTo(read(Instant::parse, text));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-31T12:00:00+0800,      2026-01-31T12:00:00+08:00",
    "2026-01-31T12:00:00.000+0800,  2026-01-31T12:00:00.000+08:00",
    "2026-01-31T12:00:00.000-0330,  2026-01-31T12:00:00.000-03:30",
    "2026-01-31T12:00:00.123456+08, 2026-01-31T12:00:00.123456+08:00",
    "2026-01-31T12:00:00.000+0000,  2026-01-31T12:00:00.000Z",
    "+12026-01-31T12:00:00-1200,    +12026-01-31T12:00:00-12:00",
    "2026-01-31T12:00:00.000+08:00, 2026-01-31T12:00:00.000+08:00",
    "2026-01-31T12:00:00.000Z,      2026-01-31T12:00:00.000Z",
    "2026-01-31T12:00:00.000+8000,  none",
    "2026-01-31T12:00:00.000+080,   none",
    "2026-01-31T12:00:00.000+08000, none",
    "2026-01-31T12:00:00.000 0800,  none",
    "2026-01-31T12:00:00.000,       none",
    "2026-01-31T12-0800,            none",
    "2026-01-31-0800,               none",
    "2026-01-31,                    none",
    "+0800,                         none",
    "-08,                           none",
  })
  void takesOffsetsWithoutAColon(String text, String same) {
    assertThat(read(IsoInstant::read, text)).isEqualTo(read(Instant::parse, same));
  }

  private static String read(Function<String, Instant> parse, String text) {
    try {
      return parse.apply(text).toString();
    } catch (DateTimeException e) {
      return "none";
    }
  }
}
