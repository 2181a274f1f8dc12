package io.dromedary.outbox;

import io.dromedary.event.Event;
import io.dromedary.event.EventSequence;
import io.dromedary.event.RejectedEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A chunk of a message's events, which is stored in one transaction.
 *
 * @param isLast whether it is the last chunk of the message
 */
record Chunk(List<?> events, boolean isLast) {

  /** The most events of a chunk. The longest batch over HTTP fits, so it is stored atomically. */
  static final int MOST_EVENTS = 2500;

  /** A chunk of this many bytes takes no further events. No batch over HTTP is as long. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  /**
   * The chunk that follows the first {@code stored} events. Repeated calls return the same events.
   */
  static Chunk of(EventSequence all, long stored) throws Exception {
    List<?> known = all.from(stored);
    int count = 0;
    long bytes = 0;
    while (count < known.size() && !isFull(count, bytes)) {
      bytes += bytes(known.get(count));
      count++;
    }
    return new Chunk(known.subList(0, count), count == known.size() && all.isKnownToEnd());
  }

  static boolean isFull(int events, long bytes) {
    return events >= MOST_EVENTS || bytes >= MOST_BYTES;
  }

  static int bytes(@Nullable Object event) {
    return event instanceof Event good
        ? good.json().length
        : event instanceof RejectedEvent bad ? bad.text().length : 0;
  }
}
