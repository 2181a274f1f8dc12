package io.dromedary.event;

import io.dromedary.settings.HeapShare;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The events of a stream. A stream of up to 16 MiB may have any form that {@link
 * EventReader#readAny()} reads. A longer one must have one event a line and is read piece by piece,
 * so files of any length can be read.
 *
 * <p>After a read has failed, the stream is not read again, since what it returned next could be
 * behind a gap. Every further call fails with an {@link UnreadableBodyException}, so that the
 * source hands the message over again. Unless the source is known to do so, the events of the
 * complete lines before the failure are returned first, with a {@link RejectedEvent} that gives the
 * reason. Any other failure changes nothing, and {@link #from} can be called again with the same
 * number. Not thread-safe.
 */
public final class EventStream implements EventSequence, Iterator<Object>, Closeable {

  /** 16 MiB, or less if the heap is smaller than a gigabyte. */
  static final int PIECE_BYTES =
      (int) Math.min(16 * 1024 * 1024, HeapShare.READING.bytes() / EventReader.COPIES);

  private static final int LEAST_BYTES = 8 * 1024;

  private final Opener opener;
  private final Instant now;
  private final DestinationChoice choice;
  private final boolean comesAgain;
  private final int pieceBytes;

  /** Replaced as a whole, so a failure while the next one is read leaves it unchanged. */
  private Piece piece = new Piece(0, List.of(), 0, new byte[0], false);

  private @Nullable EventTemplate template;
  private @Nullable InputStream in;
  private @Nullable Throwable failure;

  /** How many events the iterator has returned. */
  private long iterated;

  /** Opens the stream. */
  public interface Opener {
    InputStream open() throws Exception;
  }

  /** Some events, and the text behind them as far as it has been read. */
  private static final class Piece {

    /** How many events the earlier pieces had. */
    final long before;

    final List<Object> events;

    /** How many bytes of the stream come before {@link #text}. */
    final long given;

    final boolean isLast;
    byte[] text;
    int length;
    boolean ended;
    boolean isBroken;

    Piece(long before, List<Object> events, long given, byte[] text, boolean isLast) {
      this.before = before;
      this.events = events;
      this.given = given;
      this.text = text;
      this.length = text.length;
      this.isLast = isLast;
    }

    /** Makes the next piece, from the events that the text up to {@code end} holds. */
    Piece next(List<Object> found, int end, boolean isLast) {
      byte[] rest = Arrays.copyOfRange(text, end, length);
      return new Piece(before + events.size(), found, given + end, rest, isLast);
    }

    int lastLineEnd() {
      int end = length;
      while (end > 0 && text[end - 1] != '\n') {
        end--;
      }
      return end;
    }
  }

  /**
   * Reads a stream from its start.
   *
   * @param opener called when the first event is read
   * @param now when the message came in
   * @param comesAgain whether the source is known to hand a message over again if it fails
   */
  public EventStream(Opener opener, Instant now, DestinationChoice choice, boolean comesAgain) {
    this(opener, now, choice, comesAgain, PIECE_BYTES);
  }

  EventStream(
      Opener opener, Instant now, DestinationChoice choice, boolean comesAgain, int pieceBytes) {
    this.opener = opener;
    this.now = now;
    this.choice = choice;
    this.comesAgain = comesAgain;
    this.pieceBytes = pieceBytes;
  }

  /** Sets the template that makes events of other objects. Null, the default, rejects them. */
  public EventStream wrap(@Nullable EventTemplate by) {
    template = by;
    return this;
  }

  private EventReader reader(byte[] text) {
    return new EventReader(text, now, true, choice, null).wrap(template);
  }

  /** Starts after the first {@code bytes} bytes, whose events have been stored before. */
  public void resume(long bytes) {
    piece = new Piece(0, List.of(), bytes, new byte[0], false);
  }

  @Override
  public List<Object> from(long count) {
    if (count < piece.before) {
      throw new IllegalArgumentException("expected " + piece.before + " or more, found " + count);
    }
    while (!piece.isLast && count >= piece.before + piece.events.size()) {
      piece = next(piece);
    }
    int known = piece.events.size();
    return piece.events.subList((int) Math.min(known, count - piece.before), known);
  }

  @Override
  public @Nullable Throwable failure() {
    return failure;
  }

  @Override
  public boolean isKnownToEnd() {
    return piece.isLast;
  }

  @Override
  public boolean hasNext() {
    return !from(iterated).isEmpty();
  }

  @Override
  public Object next() {
    List<Object> events = from(iterated);
    if (events.isEmpty()) {
      throw new NoSuchElementException();
    }
    iterated++;
    return events.get(0);
  }

  private Piece next(Piece last) {
    fill(last);
    if (failure == null) {
      return read(last);
    }
    if (comesAgain || last.isBroken) {
      throw new UnreadableBodyException(last.given, failure);
    }
    return readBroken(last, failure);
  }

  /** Reads until there is one byte more than a piece, which shows that more text follows. */
  private void fill(Piece last) {
    while (last.length <= pieceBytes && !last.ended && failure == null) {
      if (last.length == last.text.length) {
        int more = Math.min(pieceBytes + 1, Math.max(LEAST_BYTES, 2 * last.length));
        last.text = Arrays.copyOf(last.text, more);
      }
      try {
        InputStream from = in == null ? open(last.given) : in;
        int read = from.read(last.text, last.length, last.text.length - last.length);
        // If no byte is available, a blocking read of one byte prevents a busy loop.
        int one = read == 0 ? from.read() : 0;
        if (read < 0 || one < 0) {
          last.ended = true;
        } else if (read > 0) {
          last.length += read;
        } else {
          last.text[last.length++] = (byte) one;
        }
      } catch (Throwable e) {
        if (in == null && e instanceof OutOfMemoryError error) {
          // Nothing has been read, and there may be enough memory later.
          throw error;
        }
        // An Error, too, may have lost bytes that were read before it was thrown.
        failure = e;
      }
    }
  }

  private InputStream open(long given) throws Exception {
    InputStream opened = opener.open();
    in = opened;
    opened.skipNBytes(given);
    return opened;
  }

  private Piece read(Piece last) {
    if (last.given == 0 && last.ended) {
      byte[] all = Arrays.copyOf(last.text, last.length);
      List<Object> events = reader(all).readAny().all();
      return last.next(events, last.length, true);
    }
    int end = last.ended ? last.length : last.lastLineEnd();
    // A line longer than a piece is no event. It is read as it is, to bound the memory.
    end = end == 0 ? last.length : end;
    EventReader reader = reader(last.text);
    reader.readLines(0, end, true);
    return last.next(reader.result().all(), end, last.ended);
  }

  /** Reads the complete lines, if the text has lines, and adds the reason why there are no more. */
  private Piece readBroken(Piece last, Throwable why) {
    int end = last.lastLineEnd();
    EventReader reader = reader(last.text);
    if (!reader.readLines(0, end, last.given > 0)) {
      end = 0;
    }
    List<Object> events = new ArrayList<>(reader.result().all());
    long found = last.given + last.length;
    events.add(
        RejectedEvent.unreadable(
            reader.result().count(),
            "expected a body to its end, found after " + found + " bytes: " + why,
            Arrays.copyOfRange(last.text, end, last.length)));
    Piece broken = last.next(events, last.length, false);
    broken.isBroken = true;
    return broken;
  }

  @Override
  public void close() throws IOException {
    if (in != null) {
      in.close();
    }
  }
}
