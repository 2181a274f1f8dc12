package io.dromedary.outbox;

import io.dromedary.event.Event;
import io.dromedary.event.EventSequence;
import io.dromedary.event.RejectedEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is stored at once of the events of a message.
 *
 * @param isLast whether nothing comes behind it
 */
record Chunk(List<?> events, boolean isLast) {

  /** The longest batch by HTTP is one piece, so that all of it is stored or nothing. */
  static final int MOST_EVENTS = 2500;

  /** From so many bytes on a piece has no more events. No batch by HTTP is as long. */
  private static final int MOST_BYTES = 16 * 1024 * 1024;

  /** The piece behind the first so many events, the same however often it is asked for. */
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
