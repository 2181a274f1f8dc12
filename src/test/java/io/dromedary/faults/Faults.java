package io.dromedary.faults;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Counts the calls that may be made to fail, and makes one of them fail. What wraps a call says so
 * here ({@link #at}). Static, since it is called from inside the code under test. Thread-safe.
 */
public final class Faults {

  private static final StackWalker STACK = StackWalker.getInstance();
  private static final int MOST_CALLERS = 40;

  private record Session(
      @Nullable Fault fault,
      AtomicReference<@Nullable String> raised,
      Map<String, AtomicInteger> counts) {}

  private static volatile @Nullable Session session;

  private Faults() {}

  /**
   * A call is about to be made, or has been made.
   *
   * @param when which of the two, and what kind of call
   * @param where the call
   */
  public static void at(String when, String where) {
    Session now = session;
    if (now == null) {
      return;
    }
    String site = when + " " + where;
    int occurrence = now.counts.computeIfAbsent(site, key -> new AtomicInteger()).incrementAndGet();
    Fault fault = now.fault;
    if (fault != null
        && occurrence == fault.occurrence()
        && site.equals(fault.site())
        && now.raised.compareAndSet(null, callers())) {
      fault.kind().raise(site);
    }
  }

  private static String callers() {
    return Thread.currentThread().getName()
        + STACK.walk(
            frames ->
                frames
                    .skip(2)
                    .limit(MOST_CALLERS)
                    .map(
                        frame ->
                            " < "
                                + frame.getClassName().replaceFirst(".*\\.", "")
                                + "."
                                + frame.getMethodName()
                                + ":"
                                + frame.getLineNumber())
                    .collect(Collectors.joining()));
  }

  /** From now on calls are counted, and the fault happens once. */
  static void arm(@Nullable Fault fault) {
    session = new Session(fault, new AtomicReference<>(), new ConcurrentHashMap<>());
  }

  /** On which thread and by whom the call was made that has failed; null: none has. */
  static @Nullable String raised() {
    Session now = session;
    return now == null ? null : now.raised.get();
  }

  /** From now on nothing fails. Returns how often each call was made. */
  static SortedMap<String, Integer> disarm() {
    Session last = session;
    session = null;
    SortedMap<String, Integer> counts = new TreeMap<>();
    if (last != null) {
      last.counts.forEach((site, count) -> counts.put(site, count.get()));
    }
    return counts;
  }
}
