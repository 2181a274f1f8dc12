package io.dromedary.outbox;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls what has to be called, whatever it throws, an {@link Error} too: once more if it has
 * failed, since what is thrown for want of memory or of stack is thrown once as a rule. So what is
 * called goes on where it has broken off, and does nothing that it has done.
 */
final class RetryOnce {

  private static final Logger LOG = LoggerFactory.getLogger(RetryOnce.class);

  private RetryOnce() {}

  /**
   * Calls somebody, who may fail without anybody else being the worse for it.
   *
   * @param failure what a log says of it
   */
  static void call(String failure, Runnable call) {
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
      // For want of memory, probably: then nothing can be said, either.
    }
  }
}
