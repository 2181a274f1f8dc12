package io.dromedary.outbox;

import io.dromedary.outbox.store.StoreFigures;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The pending events that a destination has in the store.
 *
 * @param events the number of events; no more than 100,000 are counted
 * @param oldest the time since the oldest of them was accepted
 */
public record Backlog(long events, Duration oldest) {

  /** Returns null if nothing is known, for example while the store does not work. */
  static @Nullable Backlog of(StoreFigures.Figures figures) {
    return Double.isNaN(figures.events())
        ? null
        : new Backlog((long) figures.events(), Duration.ofMillis((long) figures.oldestMillis()));
  }
}
