package io.dromedary.management;

import io.dromedary.logging.Printable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs who has changed what: a line of the logger {@code io.dromedary.audit} for each replay,
 * deletion, attempt that was asked for and test. Thread-safe.
 */
public final class Audit {

  /** A logger of its own, so that these lines can be kept apart and for longer. */
  private static final Logger LOG = LoggerFactory.getLogger("io.dromedary.audit");

  private static final int LONGEST = 300;

  private Audit() {}

  /**
   * Something has been done for an operator.
   *
   * @param what was done, such as {@code dead-letters.replay}
   * @param who asked for it: the name of HTTP Basic, {@code secret} or {@code loopback}
   * @param filter which events were meant, as it was asked for; empty: all
   * @param count how many there were
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
