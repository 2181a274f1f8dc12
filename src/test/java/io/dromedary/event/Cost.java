package io.dromedary.event;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What this thread has taken.
 *
 * @param bytes that it has allocated, whether they are kept or not
 * @param nanos for which it has run
 */
record Cost(long bytes, long nanos) {

  private static final long MOST_BYTES = 128 * 1024 * 1024;
  private static final Duration LONGEST = Duration.ofSeconds(5);
  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  static Cost now() {
    return new Cost(THREAD.getCurrentThreadAllocatedBytes(), THREAD.getCurrentThreadCpuTime());
  }

  /** What it has taken since this. */
  Cost since() {
    Cost now = now();
    return new Cost(now.bytes - bytes, now.nanos - nanos);
  }

  /** Whether it is more than one request may take. */
  boolean isTooMuch() {
    return bytes > MOST_BYTES || nanos > LONGEST.toNanos();
  }
}
