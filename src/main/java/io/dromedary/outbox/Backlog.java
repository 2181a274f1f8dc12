package io.dromedary.outbox;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a destination has in the store that is not done.
 *
 * @param events how many events; no more than 100,000 are counted
 * @param oldest how long ago the first of them was accepted
 */
public record Backlog(long events, Duration oldest) {

  /** Null where nothing is known, as while the store does not work. */
  static @Nullable Backlog of(StoreFigures.Figures figures) {
    return Double.isNaN(figures.events())
        ? null
        : new Backlog((long) figures.events(), Duration.ofMillis((long) figures.oldestMillis()));
  }
}
