package io.dromedary.tracking;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * The memory and CPU time that this thread has used.
 *
 * @param bytes the bytes that it has allocated, including garbage
 * @param nanos its CPU time
 */
record Cost(long bytes, long nanos) {

  /** The fuzzer's hooks have allocated five times as much as the code, where lines are refused. */
  private static final int FACTOR = Boolean.getBoolean("jazzer.hooks") ? 8 : 1;

  private static final long MOST_BYTES = FACTOR * 128L * 1024 * 1024;
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static Cost now() {
    return new Cost(THREAD.getCurrentThreadAllocatedBytes(), THREAD.getCurrentThreadCpuTime());
  }

  /** The difference between now and this. */
  Cost since() {
    Cost now = now();
    return new Cost(now.bytes - bytes, now.nanos - nanos);
  }

  /** Returns whether this is more than a single request may use. */
  boolean isTooMuch() {
    return bytes > MOST_BYTES || nanos > LONGEST.toNanos();
  }
}
