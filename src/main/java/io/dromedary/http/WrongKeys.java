package io.dromedary.http;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many wrong keys each address has presented within a minute. After too many, its requests are
 * refused for the rest of that minute unless their heads have a known key: trying keys is slow
 * then, and costs neither a body nor a line in the log for each. Thread-safe.
 */
public final class WrongKeys {

  private static final Logger LOG = LoggerFactory.getLogger(WrongKeys.class);

  /** In a minute, of an address. */
  static final int MOST = 60;

  /** What is counted one by one; all others count together. */
  private static final int MOST_ADDRESSES = 4096;

  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final String OTHERS = "others";

  private final String what;
  private final LongSupplier nanoTime;
  private final Map<String, Integer> counts = new HashMap<>();
  private long sinceNanos;
  private long untold;

  /**
   * Counts for keys of one kind.
   *
   * @param what they are called in the log
   */
  public WrongKeys(String what) {
    this(what, System::nanoTime);
  }

  WrongKeys(String what, LongSupplier nanoTime) {
    this.what = what;
    this.nanoTime = nanoTime;
    this.sinceNanos = nanoTime.getAsLong() - MINUTE_NANOS;
  }

  /** Whether an address has presented too many. */
  public synchronized boolean areTooMany(@Nullable String address) {
    if (nanoTime.getAsLong() - sinceNanos >= MINUTE_NANOS) {
      return false;
    }
    return counts.getOrDefault(counted(address), 0) >= MOST;
  }

  /** A request of that address had a wrong key, or none. */
  public synchronized void add(@Nullable String address) {
    long now = nanoTime.getAsLong();
    untold++;
    if (now - sinceNanos >= MINUTE_NANOS) {
      counts.clear();
      sinceNanos = now;
      LOG.warn("{} requests had no known {}, the last one of {}", untold, what, address);
      untold = 0;
    }
    counts.merge(counted(address), 1, Integer::sum);
  }

  private String counted(@Nullable String address) {
    String network = address == null ? OTHERS : network(address);
    return counts.containsKey(network) || counts.size() < MOST_ADDRESSES ? network : OTHERS;
  }

  /** An IPv6 address without what its owner may choose of it. */
  private static String network(String address) {
    String[] groups = address.split(":", -1);
    return groups.length < 8
        ? address
        : String.join(":", groups[0], groups[1], groups[2], groups[3]);
  }
}
