package io.dromedary.operations;

import io.dromedary.logging.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs each change that an operator makes: the logger {@code io.dromedary.audit} has a line for
 * each replay, deletion, requested attempt and test. Thread-safe.
 */
public final class Audit {

  /** A separate logger, so that these lines can be kept apart and for longer. */
  private static final Logger LOG = LoggerFactory.getLogger("io.dromedary.audit");

  private static final int LONGEST = 300;

  private Audit() {}

  /**
   * Logs an action.
   *
   * @param what the action, such as {@code dead-letters.replay}
   * @param who the caller's name: that of HTTP Basic, {@code bearer}, {@code host} or {@code
   *     loopback}
   * @param filter the filter as the caller wrote it; empty for all events
   * @param count how many events it applied to
   */
  public static void done(String what, String who, String filter, long count) {
    String by = Printable.of(who, LONGEST);
    String meant = filter.isEmpty() ? "all" : Printable.of(filter, LONGEST);
    LOG.atInfo()
        .addKeyValue("event", "audit")
        .addKeyValue("action", what)
        .addKeyValue("who", by)
        .addKeyValue("filter", meant)
        .addKeyValue("count", count)
        .log("{} by {}: {} ({})", what, by, count, meant);
  }
}
