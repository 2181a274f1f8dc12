package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.event.UnreadableBodyException;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests that a repeated step gets exactly the events that it has not stored. */
class IteratedEventsTest {

  private static final int COUNT = Chunk.MOST_EVENTS + 1;

  private static Iterator<Integer> numbers() {
    return IntStream.range(0, COUNT).boxed().iterator();
  }

  @Test
  void aPieceIsTheSameUntilTheNextIsAskedFor() throws Exception {
    IteratedEvents events = new IteratedEvents(numbers());

    Chunk first = Chunk.of(events, 0);
    assertThat(first.events()).hasSize(Chunk.MOST_EVENTS).first().isEqualTo(0);
    assertThat(first.isLast()).isFalse();
    assertThat(Chunk.of(events, 0)).isEqualTo(first);

    Chunk rest = Chunk.of(events, Chunk.MOST_EVENTS);
    assertThat(rest.events()).isEqualTo(List.of(Chunk.MOST_EVENTS));
    assertThat(rest.isLast()).isTrue();
    // The first events are no longer available.
    assertThatThrownBy(() -> Chunk.of(events, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nothingIsAskedForBehindAFailure() throws Exception {
    Iterator<Integer> numbers = numbers();
    IteratedEvents events =
        new IteratedEvents(
            new Iterator<Integer>() {
              @Override
              public boolean hasNext() {
                return numbers.hasNext();
              }

              @Override
              public Integer next() {
                int next = numbers.next();
                if (next == 2) {
                  throw new OutOfMemoryError("thrown by a test");
                }
                return next;
              }
            });

    // Repeated calls return the same, since the store may have refused the chunk.
    assertThat(Chunk.of(events, 0)).isEqualTo(new Chunk(List.of(0, 1), false));
    assertThat(Chunk.of(events, 0)).isEqualTo(new Chunk(List.of(0, 1), false));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> Chunk.of(events, 2))
          .isInstanceOf(UnreadableBodyException.class)
          // If an OutOfMemoryError was the cause, a route would wait for memory forever.
          .hasNoCause();
    }
  }

  @Test
  void nothingIsAPieceOfItsOwn() throws Exception {
    assertThat(Chunk.of(new IteratedEvents(Collections.emptyIterator()), 0))
        .isEqualTo(new Chunk(List.of(), true));
  }
}
