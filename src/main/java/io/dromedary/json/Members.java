package io.dromedary.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The members of objects, as offsets into a buffer that contains each as {@code "name":value}.
 * {@link JsonCopier} uses them as a stack: members of inner objects are above those of outer ones.
 */
final class Members {
  // The fields of a member after its start: its colon, its end, and a hash of its name.
  private static final int COLON = 1;
  private static final int END = 2;
  private static final int HASH = 3;
  private static final int WIDTH = 4;

  private static final VarHandle EIGHT_BYTES =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Larger than any array index. */
  private static final long NO_INDEX = 0xffff_ffffL;

  private final JsonBuffer buffer;
  private int[] fields = new int[24 * WIDTH];
  int size;

  Members(JsonBuffer buffer) {
    this.buffer = buffer;
  }

  int start(int member) {
    return fields[member * WIDTH];
  }

  int colon(int member) {
    return fields[member * WIDTH + COLON];
  }

  int end(int member) {
    return fields[member * WIDTH + END];
  }

  private int hash(int member) {
    return fields[member * WIDTH + HASH];
  }

  void endLast(int end) {
    fields[(size - 1) * WIDTH + END] = end;
  }

  void add(int start, int colon, int end) {
    int at = size++ * WIDTH;
    if (at == fields.length) {
      fields = Arrays.copyOf(fields, at * 2);
    }
    fields[at] = start;
    fields[at + COLON] = colon;
    fields[at + END] = end;
    fields[at + HASH] = hashOf(start, colon);
  }

  private int hashOf(int start, int end) {
    buffer.ensure(Long.BYTES); // so that eight bytes can be read anywhere in the name
    long hash = 0;
    for (int i = start; i < end; i += Long.BYTES) {
      long bytes = (long) EIGHT_BYTES.get(buffer.bytes, i);
      if (end - i < Long.BYTES) {
        bytes &= -1L >>> (Long.SIZE - (end - i) * Byte.SIZE);
      }
      hash = (hash ^ bytes) * 0x9e37_79b9_7f4a_7c15L;
    }
    return (int) (hash >>> 32);
  }

  void move(int from, int to) {
    System.arraycopy(fields, from * WIDTH, fields, to * WIDTH, WIDTH);
  }

  void remove(int member) {
    int next = (member + 1) * WIDTH;
    System.arraycopy(fields, next, fields, next - WIDTH, size * WIDTH - next);
    size--;
  }

  /** The number of bytes of the members from {@code first} on, with commas between them. */
  int length(int first) {
    int length = Math.max(0, size - first - 1);
    for (int i = first; i < size; i++) {
      length += end(i) - start(i);
    }
    return length;
  }

  /** Writes the members from {@code first} on, with commas between them. */
  void write(int first, byte[] target, int at) {
    for (int i = first; i < size; i++) {
      if (i > first) {
        target[at++] = ',';
      }
      int length = end(i) - start(i);
      System.arraycopy(buffer.bytes, start(i), target, at, length);
      at += length;
    }
  }

  /**
   * Brings the members from {@code first} on into the order of {@code JSON.stringify}: array
   * indices ascending, then the others in their original order. If a name repeats, one member
   * remains, in the place of the first: the first one if {@code keepFirst}, otherwise the last.
   *
   * @return whether anything changed
   */
  boolean arrange(int first, boolean keepFirst) {
    boolean merged = hashesRepeat(first) && merge(first, keepFirst);
    return sortIndices(first) || merged;
  }

  /**
   * Whether hashes of names repeat, by a cheap estimate first and an exact comparison if needed.
   */
  private boolean hashesRepeat(int first) {
    long seen = 0;
    boolean repeat = false;
    for (int i = first; i < size; i++) {
      long bit = 1L << (hash(i) >>> 26);
      repeat |= (seen & bit) != 0;
      seen |= bit;
    }
    if (!repeat) {
      return false;
    }
    int[] hashes = new int[size - first];
    Arrays.setAll(hashes, i -> hash(first + i));
    Arrays.sort(hashes);
    for (int i = 1; i < hashes.length; i++) {
      if (hashes[i] == hashes[i - 1]) {
        return true;
      }
    }
    return false;
  }

  /**
   * Merges members with equal names. A sender can choose names whose hashes are all equal, both
   * here and in the map. The map then uses a tree, so n members take at most n log n comparisons.
   */
  private boolean merge(int first, boolean keepFirst) {
    Map<String, Integer> places = new HashMap<>();
    int kept = first;
    for (int i = first; i < size; i++) {
      String name = new String(buffer.bytes, start(i), colon(i) - start(i), ISO_8859_1);
      Integer place = places.putIfAbsent(name, kept);
      if (place == null) {
        move(i, kept++);
      } else if (!keepFirst) {
        move(i, place);
      }
    }
    boolean merged = kept < size;
    size = kept;
    return merged;
  }

  private boolean sortIndices(int first) {
    boolean digits = false;
    for (int i = first; i < size; i++) {
      digits |= isDigit(buffer.bytes[start(i) + 1]);
    }
    if (!digits) {
      return false;
    }
    // Each number combines index and place, so indices are sorted, and others keep their order.
    long[] order = new long[size - first];
    Arrays.setAll(order, i -> (arrayIndex(first + i) << 31) | i);
    long[] sorted = order.clone();
    Arrays.sort(sorted);
    int[] unsorted = Arrays.copyOfRange(fields, first * WIDTH, size * WIDTH);
    for (int i = 0; i < sorted.length; i++) {
      int from = (int) (sorted[i] & Integer.MAX_VALUE);
      System.arraycopy(unsorted, from * WIDTH, fields, (first + i) * WIDTH, WIDTH);
    }
    return !Arrays.equals(order, sorted);
  }

  /** The array index that a name represents, 0 to 4294967294 in canonical form, or NO_INDEX. */
  private long arrayIndex(int member) {
    int from = start(member) + 1;
    int to = colon(member) - 1;
    long index = 0;
    for (int i = from; i < to; i++) {
      if (!isDigit(buffer.bytes[i]) || index >= NO_INDEX) {
        return NO_INDEX;
      }
      index = index * 10 + buffer.bytes[i] - '0';
    }
    boolean oneForm = Long.toString(index).length() == to - from; // no leading zeros
    return oneForm ? Math.min(index, NO_INDEX) : NO_INDEX;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}
