package io.dromedary.inbound;

import io.dromedary.json.Utf8;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;

/** Reads the text of a reader as bytes, encoded by {@link Utf8}. Not thread-safe. */
final class ReaderStream extends InputStream {

  private final Reader reader;
  private final char[] chars = new char[8192];
  private byte[] bytes = new byte[0];
  private int next;

  /** 1 if {@code chars} starts with a high surrogate whose other half is still to be read, or 0. */
  private int left;

  ReaderStream(Reader reader) {
    this.reader = reader;
  }

  @Override
  public int read() throws IOException {
    return fill() ? bytes[next++] & 0xff : -1;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, bytes.length - next);
    System.arraycopy(bytes, next, into, offset, count);
    next += count;
    return count;
  }

  private boolean fill() throws IOException {
    while (next == bytes.length) {
      int read = reader.read(chars, left, chars.length - left);
      if (read < 0 && left == 0) {
        return false;
      }
      int end = left + Math.max(0, read);
      // The other half of a surrogate pair is still to come, unless this is the end.
      left = read >= 0 && end > 0 && Character.isHighSurrogate(chars[end - 1]) ? 1 : 0;
      bytes = Utf8.encode(new String(chars, 0, end - left));
      next = 0;
      if (left == 1) {
        chars[0] = chars[end - 1];
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
