package io.dromedary.event;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The events of a stream. One of up to 16 MiB may be any of what {@link EventReader#readAny()}
 * takes; a longer one has to hold an event a line and is read piece by piece, so that a file may be
 * as long as it likes. Not thread-safe.
 */
final class EventStream implements Iterator<Object> {

  static final int PIECE_BYTES = 16 * 1024 * 1024;

  private final PushbackInputStream in;
  private final Instant now;
  private final DestinationChoice choice;
  private final int pieceBytes;
  private Iterator<Object> piece = Collections.emptyIterator();
  private byte[] rest = new byte[0];
  private boolean first = true;
  private boolean ended;

  EventStream(InputStream in, Instant now, DestinationChoice choice) {
    this(in, now, choice, PIECE_BYTES);
  }

  EventStream(InputStream in, Instant now, DestinationChoice choice, int pieceBytes) {
    this.in = new PushbackInputStream(in);
    this.now = now;
    this.choice = choice;
    this.pieceBytes = pieceBytes;
  }

  @Override
  public boolean hasNext() {
    while (!piece.hasNext() && !ended) {
      try {
        piece = read();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
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

  private Iterator<Object> read() throws IOException {
    byte[] read = in.readNBytes(pieceBytes);
    int next = in.read();
    ended = next < 0;
    if (!ended) {
      in.unread(next);
    }
    byte[] text = Arrays.copyOf(rest, rest.length + read.length);
    System.arraycopy(read, 0, text, rest.length, read.length);
    EventReader reader = new EventReader(text, now, true, choice, null);
    if (first && ended) {
      return reader.readAny().all().iterator();
    }
    first = false;
    int end = ended ? text.length : lastLineEnd(text);
    // A line without an end is no event: it is let go as it is, not gathered without bound.
    end = end == 0 ? text.length : end;
    reader.readLines(0, end, true);
    rest = Arrays.copyOfRange(text, end, text.length);
    return reader.intake().all().iterator();
  }

  private static int lastLineEnd(byte[] text) {
    int end = text.length;
    while (end > 0 && text[end - 1] != '\n') {
      end--;
    }
    return end;
  }
}
