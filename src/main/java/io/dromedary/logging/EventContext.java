package io.dromedary.logging;

import org.slf4j.MDC;

/**
 * What lines are about that a user's own steps log: {@code messageId} and {@code destination} in
 * the mapped diagnostic context (MDC) of the thread. It is set only where such steps run, since a
 * map an attempt costs more than the attempt's own line.
 */
public final class EventContext {

  private EventContext() {}

  /** Runs a task that is about an event. */
  public static void run(String messageId, String destination, Runnable task) {
    MDC.put("messageId", Printable.id(messageId));
    MDC.put("destination", destination);
    try {
      task.run();
    } finally {
      MDC.remove("messageId");
      MDC.remove("destination");
    }
  }
}
