package io.dromedary.logging;

import org.slf4j.MDC;

/**
 * Sets {@code messageId} and {@code destination} in the thread's mapped diagnostic context (MDC)
 * while a user's own steps handle an event, so that their log lines name it. It is not set for
 * every attempt, since a map for each would cost more than the attempt's own line.
 */
public final class EventContext {

  private EventContext() {}

  /** Runs a task that handles an event. */
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
