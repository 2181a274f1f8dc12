package io.dromedary.history;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * A histogram of durations with eight buckets per power of two, so that a quantile is at most 6.3 %
 * off. The counts of several nodes and minutes can be added up. Callers choose the unit. Not
 * thread-safe, except for {@link Live}.
 */
final class Latencies {

  private static final int BUCKETS = 256;
  private static final int BITS = 3;
  private static final int OF_A_POWER = 1 << BITS;

  private final long[] counts = new long[BUCKETS];

  /** The bucket of a duration. */
  private static int bucket(long duration) {
    if (duration < OF_A_POWER) {
      return (int) Math.max(0, duration);
    }
    int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(duration);
    int part = (int) (duration >>> (exponent - BITS)) & (OF_A_POWER - 1);
    return Math.min(BUCKETS - 1, (exponent - BITS + 1) * OF_A_POWER + part);
  }

  /** The lowest duration of a bucket. */
  private static long least(int bucket) {
    int exponent = bucket / OF_A_POWER;
    long part = bucket % OF_A_POWER;
    return exponent == 0 ? part : (OF_A_POWER + part) << (exponent - 1);
  }

  /** Adds the counts of another histogram. */
  void add(Latencies others) {
    for (int i = 0; i < BUCKETS; i++) {
      counts[i] += others.counts[i];
    }
  }

  /** The number of durations. */
  long size() {
    long size = 0;
    for (long count : counts) {
      size += count;
    }
    return size;
  }

  /**
   * Returns a quantile of the durations.
   *
   * @param part the quantile, from 0 to 1; 0.5 is the median
   * @return the middle of the quantile's bucket; NaN if there are no durations
   */
  double quantile(double part) {
    long left = (long) Math.ceil(part * size());
    for (int i = 0; i < BUCKETS; i++) {
      left -= counts[i];
      if (counts[i] > 0 && left <= 0) {
        return i < OF_A_POWER ? i : (least(i) + least(i + 1)) / 2.0;
      }
    }
    return Double.NaN;
  }

  /**
   * Encodes the buckets that are not empty: each by its distance to the last one, and its count.
   */
  byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int last = -1;
    for (int i = 0; i < BUCKETS; i++) {
      if (counts[i] > 0) {
        write(out, i - last);
        write(out, counts[i]);
        last = i;
      }
    }
    return out.toByteArray();
  }

  /** Adds the counts of another histogram, encoded by {@link #toBytes}. */
  void add(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int bucket = -1;
    while (in.hasRemaining()) {
      bucket += (int) read(in);
      counts[Math.min(BUCKETS - 1, Math.max(0, bucket))] += read(in);
    }
  }

  private static void write(ByteArrayOutputStream out, long number) {
    long left = number;
    while (left >= 0x80) {
      out.write((int) (left | 0x80) & 0xff);
      left >>>= 7;
    }
    out.write((int) left);
  }

  private static long read(ByteBuffer in) {
    long number = 0;
    for (int shift = 0; in.hasRemaining(); shift += 7) {
      byte next = in.get();
      number |= (next & 0x7fL) << shift;
      if (next >= 0) {
        break;
      }
    }
    return number;
  }

  /** Counts durations from many threads, while another reads them. Thread-safe. */
  static final class Live {

    private final AtomicLongArray counts = new AtomicLongArray(BUCKETS);
    private final long[] taken = new long[BUCKETS];

    void record(long duration) {
      counts.getAndIncrement(bucket(duration));
    }

    /** Returns the counts since the last call. For one thread only. */
    Latencies take() {
      Latencies since = new Latencies();
      for (int i = 0; i < BUCKETS; i++) {
        long now = counts.get(i);
        since.counts[i] = now - taken[i];
        taken[i] = now;
      }
      return since;
    }
  }
}
