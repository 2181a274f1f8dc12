package io.dromedary.http;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the wrong keys that each address has presented within a minute. After too many, requests
 * of that address are refused for the rest of the minute unless their heads have a known key. So
 * guessing keys is slow and costs neither a body nor a log line per request. Thread-safe.
 */
public final class WrongKeys {

  private static final Logger LOG = LoggerFactory.getLogger(WrongKeys.class);

  /** The limit per minute and address. */
  static final int MOST = 60;

  /** The number of addresses counted individually; all others are counted together. */
  private static final int MOST_ADDRESSES = 4096;

  private static final long MINUTE_NANOS = Duration.ofMinutes(1).toNanos();
  private static final String OTHERS = "others";

  private final String what;
  private final LongSupplier nanoTime;
  private final Map<String, Integer> counts = new HashMap<>();
  private long sinceNanos;
  private long untold;

  /**
   * Creates a counter for keys of one kind.
   *
   * @param what the kind of key as named in the log
   */
  public WrongKeys(String what) {
    this(what, System::nanoTime);
  }

  WrongKeys(String what, LongSupplier nanoTime) {
    this.what = what;
    this.nanoTime = nanoTime;
    this.sinceNanos = nanoTime.getAsLong() - MINUTE_NANOS;
  }

  /** Returns whether an address has presented too many wrong keys. */
  public synchronized boolean areTooMany(@Nullable String address) {
    if (nanoTime.getAsLong() - sinceNanos >= MINUTE_NANOS) {
      return false;
    }
    return counts.getOrDefault(counted(address), 0) >= MOST;
  }

  /** Counts a request with a wrong key or without one. */
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

  /** Returns the network part of an IPv6 address, since its owner may choose the rest. */
  private static String network(String address) {
    String[] groups = address.split(":", -1);
    return groups.length < 8
        ? address
        : String.join(":", groups[0], groups[1], groups[2], groups[3]);
  }
}
