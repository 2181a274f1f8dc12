package io.dromedary.delivery;

import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** Where the attempts at a webhook go. Thread-safe. */
interface Target {

  /** Gets ready, at first or again after a stop. Throws where the options cannot be used. */
  void start() throws Exception;

  /**
   * Sends an exchange once and waits for the answer, which is in the exchange then, as an exception
   * where it failed. Registers with {@link Attempt#current()} what has to be closed at its
   * deadline.
   */
  void send(Exchange exchange) throws Exception;

  /** What is seen of its connections, or null where that is not HTTP's. */
  default @Nullable ConnectionFigures connections() {
    return null;
  }

  /** Gives back what it holds. What is being sent fails. */
  void stop();
}
