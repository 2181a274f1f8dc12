package io.dromedary.crash;

import java.io.IOException;
import java.util.Random;

/** A way in for events, which says when they are taken for good. Thread-safe. */
interface Sender {

  /**
   * Sends events and waits until they are taken.
   *
   * @param events an event, or an array of several
   * @throws IOException if it is not known whether they are taken: they are to be sent again
   * @throws IllegalStateException if they are refused, which must not be
   */
  void send(Random random, String events) throws IOException, InterruptedException;
}
