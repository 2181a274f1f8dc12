package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.testing.Json;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Reads streams that fail, or return fewer bytes than requested. */
class EventStreamTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");
  private static final int PIECE = 200;
  private static final int COUNT = 12;
  private static final byte[] LINES =
      IntStream.range(0, COUNT).mapToObj(EventStreamTest::line).collect(joining()).getBytes(UTF_8);

  private static final DestinationChoice TO_ALL =
      new DestinationChoice(
          List.of(
              new DestinationChoice.Candidate(
                  "default", Set.of(EventType.values()), List.of(), true)));

  private static String line(int number) {
    return Json.json("{'type':'page','userId':'u','messageId':'" + number + "'}\n");
  }

  /** Fails once at a position. If it is read again, it continues behind a gap. */
  private static final class Failing extends FilterInputStream {

    private final int at;
    private int position;
    private boolean hasFailed;

    Failing(int at) {
      super(new ByteArrayInputStream(LINES));
      this.at = at;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0];
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (position == at && !hasFailed) {
        hasFailed = true;
        long unused = in.skip(1000);
        throw new IOException("Input/output error");
      }
      int most = hasFailed ? length : Math.min(length, at - position);
      int read = super.read(into, offset, most);
      position += Math.max(0, read);
      return read;
    }
  }

  private static EventStream stream(InputStream in, boolean comesAgain) {
    return new EventStream(() -> in, NOW, TO_ALL, comesAgain, PIECE);
  }

  private static List<String> ids(Iterator<Object> events) {
    List<String> ids = new ArrayList<>();
    events.forEachRemaining(
        event ->
            ids.add(
                event instanceof Event good ? good.messageId() : ((RejectedEvent) event).code()));
    return ids;
  }

  private static List<Object> readUntilItFails(EventStream events) {
    List<Object> found = new ArrayList<>();
    assertThatThrownBy(() -> events.forEachRemaining(found::add))
        .isInstanceOf(UnreadableBodyException.class)
        .hasRootCauseMessage("Input/output error");
    return found;
  }

  private static List<String> idsUpTo(int count) {
    return IntStream.range(0, count).mapToObj(Integer::toString).toList();
  }

  private static int linesWithin(int bytes) {
    return (int) IntStream.range(0, bytes).filter(i -> LINES[i] == '\n').count();
  }

  /** Tries every position: within a line, at its end, and at the bounds of a piece. */
  @Test
  void nothingBehindAFailureIsTaken() {
    for (int at = 0; at < LINES.length; at++) {
      List<Object> found = readUntilItFails(stream(new Failing(at), false));

      RejectedEvent last = (RejectedEvent) found.remove(found.size() - 1);
      int lines = linesWithin(at);
      // A single line may be the start of another form of JSON.
      int taken = lines < 2 && at <= PIECE ? 0 : lines;
      assertThat(ids(found.iterator())).as("at %s", at).isEqualTo(idsUpTo(taken));
      assertThat(last.code()).isEqualTo("unreadable");
      assertThat(last.message())
          .isEqualTo(
              "expected a body to its end, found after "
                  + at
                  + " bytes: java.io.IOException: Input/output error");
      int taking = IntStream.range(0, taken).map(i -> line(i).length()).sum();
      assertThat(last.text()).isEqualTo(Arrays.copyOfRange(LINES, taking, at));
    }
  }

  /**
   * Tries every position. When the source hands the message over again, reading continues exactly
   * where it stopped.
   */
  @Test
  void whatComesAgainGoesOnWhereItFailed() throws Exception {
    for (int at = 0; at < LINES.length; at++) {
      List<Object> found = new ArrayList<>();
      EventStream first = stream(new Failing(at), true);
      UnreadableBodyException failure = null;
      try {
        first.forEachRemaining(found::add);
      } catch (UnreadableBodyException e) {
        failure = e;
      }
      assertThat(failure).hasRootCauseMessage("Input/output error");
      // Every further call fails, too.
      assertThatThrownBy(first::hasNext).isInstanceOf(UnreadableBodyException.class);
      assertThatThrownBy(first::next).isInstanceOf(UnreadableBodyException.class);

      EventStream second = stream(new ByteArrayInputStream(LINES), true);
      second.resume(failure.bytes());
      second.forEachRemaining(found::add);
      assertThat(ids(found.iterator())).as("at %s", at).isEqualTo(idsUpTo(COUNT));
    }
  }

  /** A step that failed before the events were stored reads them again. */
  @Test
  void theSameEventsCanBeAskedForUntilLaterOnesAre() {
    EventStream events = stream(new ByteArrayInputStream(LINES), false);
    long count = 0;
    while (!events.from(count).isEmpty()) {
      List<Object> once = List.copyOf(events.from(count));

      assertThat(ids(once.iterator())).startsWith(Long.toString(count));
      assertThat(events.from(count)).isEqualTo(once);
      count++;
    }
    assertThat(count).isEqualTo(COUNT);
    assertThat(events.isKnownToEnd()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7})
  void shortReadsDoNotMatter(int most) {
    InputStream slow =
        new ByteArrayInputStream(LINES) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            return most == 0 ? 0 : super.read(into, offset, Math.min(most, length));
          }
        };

    assertThat(ids(stream(slow, false))).isEqualTo(idsUpTo(COUNT));
  }

  @Test
  void whatIsNotLinesIsRejectedWhole() {
    InputStream array =
        new java.io.SequenceInputStream(
            new ByteArrayInputStream("[{},\n{}".getBytes(UTF_8)), new Failing(0));

    List<Object> found = readUntilItFails(stream(array, false));

    assertThat(found)
        .singleElement()
        .satisfies(
            only -> {
              assertThat(((RejectedEvent) only).code()).isEqualTo("unreadable");
              assertThat(new String(((RejectedEvent) only).text(), UTF_8)).isEqualTo("[{},\n{}");
            });
  }
}
