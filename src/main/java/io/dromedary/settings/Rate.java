package io.dromedary.settings;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A rate limit, written {@code 100/s}, {@code 600/m} or {@code 1000/h}.
 *
 * @param permits the number of requests in a period, at least one
 * @param per the period: a second, a minute or an hour
 */
public record Rate(int permits, Duration per) {

  private static final Map<String, Duration> PERIODS =
      Map.of("s", Duration.ofSeconds(1), "m", Duration.ofMinutes(1), "h", Duration.ofHours(1));

  private static final Pattern RATE = Pattern.compile("([1-9]\\d{0,5})/([smh])");

  public Rate {
    if (permits < 1 || !PERIODS.containsValue(per)) {
      throw new IllegalArgumentException(
          "found " + permits + " per " + per + ", expected at least 1 per second, minute or hour");
    }
  }

  /** Parses a rate. Returns null if the text is not one. */
  static @Nullable Rate parse(String text) {
    Matcher matcher = RATE.matcher(text);
    Duration per = matcher.matches() ? PERIODS.get(matcher.group(2)) : null;
    return per == null ? null : new Rate(Integer.parseInt(matcher.group(1)), per);
  }

  /** The rate as the configuration writes it. */
  @Override
  public String toString() {
    return permits + "/" + (per.toHours() == 1 ? "h" : per.toMinutes() == 1 ? "m" : "s");
  }
}
