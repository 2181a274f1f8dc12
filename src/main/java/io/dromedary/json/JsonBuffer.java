package io.dromedary.json;

import java.util.Arrays;

/**
 * The output, an array of bytes that only grows. An offset is valid together with the buffer, but
 * not with its array, which is replaced by a larger one.
 */
final class JsonBuffer {
  byte[] bytes;
  int length;

  JsonBuffer(int capacity) {
    bytes = new byte[capacity];
  }

  /** Makes room for {@code more} bytes. */
  void ensure(int more) {
    if (more > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.max(Math.addExact(length, more), bytes.length * 2));
    }
  }

  void append(int b) {
    ensure(1);
    bytes[length++] = (byte) b;
  }

  void append(byte[] from, int start, int end) {
    int more = end - start;
    ensure(more);
    System.arraycopy(from, start, bytes, length, more);
    length += more;
  }

  /** Appends characters that are all ASCII. */
  void appendAscii(String ascii) {
    for (int i = 0; i < ascii.length(); i++) {
      append(ascii.charAt(i));
    }
  }
}
