package io.dromedary.outbox;

import io.dromedary.event.EventSequence;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an iterator gives, a {@link Piece} at a time. One that has failed may go on behind a gap, so
 * it is not asked again.
 */
final class IteratedEvents implements EventSequence {

  private final Iterator<?> all;
  private List<Object> known = new ArrayList<>();
  private long before;
  private boolean ended;
  private @Nullable Throwable failure;

  IteratedEvents(Iterator<?> all) {
    this.all = all;
  }

  @Override
  public List<?> from(long count) {
    if (count > before) {
      known = new ArrayList<>(known.subList((int) (count - before), known.size()));
      before = count;
    }
    long bytes = known.stream().mapToLong(Piece::bytes).sum();
    try {
      while (!ended && failure == null) {
        if (!all.hasNext()) {
          ended = true;
        } else if (Piece.isFull(known.size(), bytes)) {
          break;
        } else {
          Object next = all.next();
          known.add(next);
          bytes += Piece.bytes(next);
        }
      }
    } catch (Throwable e) {
      failure = e;
    }
    if (known.isEmpty() && failure != null) {
      throw new IllegalStateException(
          "expected events to the end, found a failure behind " + before + " of them", failure);
    }
    return known;
  }

  @Override
  public boolean isKnownToEnd() {
    return ended;
  }
}
