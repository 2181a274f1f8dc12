package io.dromedary.delivery.attempt;

import org.apache.camel.Exchange;
import org.jspecify.annotations.Nullable;

/** Sends the attempts at one webhook. Thread-safe. */
public interface Target {

  /** Gets ready, at first or again after a stop. Throws if the options cannot be used. */
  void start() throws Exception;

  /**
   * Sends an exchange once and waits for the answer. Afterwards the exchange holds the answer, or
   * an exception if the attempt failed. Registers everything that has to be closed at the deadline
   * with {@link Attempt#current()}.
   */
  void send(Exchange exchange) throws Exception;

  /** Returns figures about the connections, or null if the target does not use HTTP. */
  default @Nullable ConnectionFigures connections() {
    return null;
  }

  /** Releases all resources. Attempts in flight fail. */
  void stop();
}
