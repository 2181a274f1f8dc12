package io.dromedary.outbox.store;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a call that must not be lost. If it throws anything, even an {@link Error}, it is made once
 * more, since a lack of memory or stack usually passes quickly. The second call must continue where
 * the first has stopped, without repeating anything.
 */
public final class RetryOnce {

  private static final Logger LOG = LoggerFactory.getLogger(RetryOnce.class);

  private RetryOnce() {}

  /**
   * Runs a call, and throws nothing.
   *
   * @param failure the text to log if it fails
   */
  public static void call(String failure, Runnable call) {
    try {
      call.run();
    } catch (Throwable e) {
      try {
        call.run();
        report("{} at first", failure, e);
      } catch (Throwable again) {
        report("{}, twice", failure, again);
      }
    }
  }

  private static void report(String text, String failure, Throwable why) {
    try {
      LOG.error(text, failure, why);
    } catch (Throwable e) {
      // Probably there is no memory left, so this cannot be logged, either.
    }
  }
}
