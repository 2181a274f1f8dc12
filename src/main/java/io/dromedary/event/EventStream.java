package io.dromedary.event;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The events of a stream. One of up to 16 MiB may be any of what {@link EventReader#readAny()}
 * takes; a longer one has to hold an event a line and is read piece by piece, so that a file may be
 * as long as it likes.
 *
 * <p>A stream that cannot be read any further has no event behind that place, whatever it would
 * give if it were asked again. If its source hands it over again, the iterator fails with an {@link
 * UnreadableBodyException}, each time it is asked. Otherwise it ends with a {@link RejectedEvent}
 * that says why, behind the events of the lines that were whole. Any other failure changes nothing:
 * the iterator can be asked again. Not thread-safe.
 */
public final class EventStream implements Iterator<Object>, Closeable {

  static final int PIECE_BYTES = 16 * 1024 * 1024;
  private static final int LEAST_BYTES = 8 * 1024;

  private final InputStream in;
  private final Instant now;
  private final DestinationChoice choice;
  private final boolean comesAgain;
  private final int pieceBytes;
  private Iterator<Object> piece = Collections.emptyIterator();

  /** What has been read and not been given out. */
  private byte[] text = new byte[0];

  private int length;

  /** How many bytes are before that. */
  private long given;

  private boolean first = true;
  private boolean ended;
  private boolean done;
  private @Nullable Exception failure;

  /**
   * The events of a stream that has not been read.
   *
   * @param comesAgain whether its source hands over again what could not be read
   */
  EventStream(InputStream in, Instant now, DestinationChoice choice, boolean comesAgain) {
    this(in, now, choice, comesAgain, PIECE_BYTES);
  }

  EventStream(
      InputStream in, Instant now, DestinationChoice choice, boolean comesAgain, int pieceBytes) {
    this.in = in;
    this.now = now;
    this.choice = choice;
    this.comesAgain = comesAgain;
    this.pieceBytes = pieceBytes;
  }

  /** Goes on behind so many bytes, whose events have been given out before. */
  void resume(long bytes) throws IOException {
    in.skipNBytes(bytes);
    given = bytes;
    first = bytes == 0;
  }

  @Override
  public boolean hasNext() {
    while (!piece.hasNext() && !done) {
      fill();
      if (failure == null) {
        piece = read();
      } else if (comesAgain) {
        throw new UnreadableBodyException(given, failure);
      } else {
        piece = readBroken(failure);
      }
    }
    return piece.hasNext();
  }

  @Override
  public Object next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    return piece.next();
  }

  /** Reads on, until there is a byte more than a piece, and it is known that this is not all. */
  private void fill() {
    while (length <= pieceBytes && !ended && failure == null) {
      if (length == text.length) {
        text = Arrays.copyOf(text, Math.min(pieceBytes + 1, Math.max(LEAST_BYTES, 2 * length)));
      }
      try {
        int read = in.read(text, length, text.length - length);
        if (read < 0) {
          ended = true;
        } else if (read > 0) {
          length += read;
        } else {
          readOne();
        }
      } catch (IOException | RuntimeException e) {
        failure = e;
      }
    }
  }

  /**
   * Waits for a byte, which a stream that gives none at once would otherwise be asked for again.
   */
  private void readOne() throws IOException {
    int next = in.read();
    if (next < 0) {
      ended = true;
    } else {
      text[length++] = (byte) next;
    }
  }

  private Iterator<Object> read() {
    if (first && ended) {
      byte[] all = Arrays.copyOf(text, length);
      List<Object> events = new EventReader(all, now, true, choice, null).readAny().all();
      goOnBehind(length);
      return events.iterator();
    }
    int end = ended ? length : lastLineEnd();
    // A line without an end is no event: it is let go as it is, not gathered without bound.
    end = end == 0 ? length : end;
    EventReader reader = new EventReader(text, now, true, choice, null);
    reader.readLines(0, end, true);
    goOnBehind(end);
    return reader.intake().all().iterator();
  }

  /** The lines that are whole, if it has lines, and why there is no more. */
  private Iterator<Object> readBroken(Exception why) {
    int end = lastLineEnd();
    EventReader reader = new EventReader(text, now, true, choice, null);
    if (!reader.readLines(0, end, !first)) {
      end = 0;
    }
    List<Object> events = new ArrayList<>(reader.intake().all());
    events.add(
        RejectedEvent.unreadable(
            reader.intake().count(),
            "expected a body to its end, found after " + (given + length) + " bytes: " + why,
            Arrays.copyOfRange(text, end, length)));
    ended = true;
    goOnBehind(length);
    return events.iterator();
  }

  private void goOnBehind(int end) {
    byte[] rest = Arrays.copyOfRange(text, end, length);
    given += end;
    text = rest;
    length = rest.length;
    first = false;
    done = ended && length == 0;
  }

  private int lastLineEnd() {
    int end = length;
    while (end > 0 && text[end - 1] != '\n') {
      end--;
    }
    return end;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
