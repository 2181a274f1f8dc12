package io.dromedary.outbox;

import io.dromedary.event.EventSequence;
import io.dromedary.event.UnreadableBodyException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events of an iterator, read one {@link Chunk} at a time. An iterator that has failed is not
 * read any further, since it might continue after a gap.
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
    if (count < before) {
      throw new IllegalArgumentException("expected " + before + " or more, found " + count);
    }
    if (count > before) {
      known = new ArrayList<>(known.subList((int) (count - before), known.size()));
      before = count;
    }
    long bytes = known.stream().mapToLong(Chunk::bytes).sum();
    while (hasMore() && !Chunk.isFull(known.size(), bytes)) {
      int size = known.size();
      try {
        known.add(all.next());
      } catch (Throwable e) {
        failure = e;
        break;
      }
      bytes += Chunk.bytes(known.get(size));
    }
    if (known.isEmpty() && failure != null) {
      throw new UnreadableBodyException(failure);
    }
    return known;
  }

  private boolean hasMore() {
    try {
      ended = ended || (failure == null && !all.hasNext());
    } catch (Throwable e) {
      failure = e;
    }
    return !ended && failure == null;
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public boolean isKnownToEnd() {
    return ended;
  }
}
