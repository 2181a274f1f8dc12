package io.dromedary.operations;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How far a view looks back. It is a parameter of the URL, so that a link shows the same view. */
public enum Range {
  HOUR("1h", Duration.ofHours(1), Duration.ofMinutes(1)),
  QUARTER("6h", Duration.ofHours(6), Duration.ofMinutes(6)),
  DAY("24h", Duration.ofHours(24), Duration.ofMinutes(24)),
  WEEK("7d", Duration.ofDays(7), Duration.ofHours(3)),
  MONTH("30d", Duration.ofDays(30), Duration.ofHours(12));

  /** The name of the parameter. */
  public static final String PARAMETER = "range";

  private final String text;
  private final Duration length;
  private final Duration step;

  Range(String text, Duration length, Duration step) {
    this.text = text;
    this.length = length;
    this.step = step;
  }

  /**
   * The range that a parameter names.
   *
   * @param parameter null for the last hour
   * @throws IllegalArgumentException if there is no such range
   */
  public static Range of(@Nullable String parameter) {
    if (parameter == null) {
      return HOUR;
    }
    for (Range each : values()) {
      if (each.text.equals(parameter)) {
        return each;
      }
    }
    throw new IllegalArgumentException("range: expected 1h, 6h, 24h, 7d or 30d, found another");
  }

  /** The name in the URL and on the page. */
  public String text() {
    return text;
  }

  /** The time that one point of a chart covers. */
  public Duration step() {
    return step;
  }

  /** How many points a chart has. */
  public int points() {
    return (int) (length.toMillis() / step.toMillis());
  }

  /** The beginning of a chart's first point, if its last point is the one that is still open. */
  public Instant from(Instant now) {
    long stepMillis = step.toMillis();
    long last = now.toEpochMilli() / stepMillis * stepMillis;
    return Instant.ofEpochMilli(last - (points() - 1) * stepMillis);
  }
}
