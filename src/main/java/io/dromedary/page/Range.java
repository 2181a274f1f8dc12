package io.dromedary.page;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** How far a view looks back. It is a parameter of the URL, so that a link is what was seen. */
enum Range {
  HOUR("1h", Duration.ofHours(1), Duration.ofMinutes(1)),
  QUARTER("6h", Duration.ofHours(6), Duration.ofMinutes(6)),
  DAY("24h", Duration.ofHours(24), Duration.ofMinutes(24)),
  WEEK("7d", Duration.ofDays(7), Duration.ofHours(3)),
  MONTH("30d", Duration.ofDays(30), Duration.ofHours(12));

  static final String PARAMETER = "range";

  private final String text;
  private final Duration length;
  private final Duration step;

  Range(String text, Duration length, Duration step) {
    this.text = text;
    this.length = length;
    this.step = step;
  }

  /** The range that a parameter names, the last hour where it names none. */
  static Range of(@Nullable String parameter) {
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

  /** As it stands in the URL and on the page. */
  String text() {
    return text;
  }

  /** What a point of a chart stands for. */
  Duration step() {
    return step;
  }

  /** How many points a chart has. */
  int points() {
    return (int) (length.toMillis() / step.toMillis());
  }

  /** When the first point begins, of so many that the last one has not ended. */
  Instant from(Instant now) {
    long stepMillis = step.toMillis();
    long last = now.toEpochMilli() / stepMillis * stepMillis;
    return Instant.ofEpochMilli(last - (points() - 1) * stepMillis);
  }

  /** Writes links to the same view with each of the ranges. */
  static void links(Html html, PageRequest request, Range chosen) {
    html.open("div", "class", "ranges", "role", "group", "aria-label", "Range");
    for (Range each : values()) {
      html.element(
          "a",
          each.text,
          "href",
          request.withParameter(PARAMETER, each.text),
          "aria-current",
          each == chosen ? "true" : null);
    }
    html.close();
  }
}
