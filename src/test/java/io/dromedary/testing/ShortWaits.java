package io.dromedary.testing;

import java.nio.file.NoSuchFileException;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has Awaitility look at a condition at once, then after 5, 10, 20 and 40 ms, and every 50 ms from
 * then on. By default it first waits for 100 ms, even if the condition already holds. A condition
 * does not hold while a file that it reads is not there. An extension of all test classes.
 */
public final class ShortWaits implements BeforeAllCallback {

  private static final int FIRST_MILLIS = 5;
  private static final int MOST_MILLIS = 50;
  private static final int MOST_DOUBLINGS = 4;

  @Override
  public void beforeAll(ExtensionContext context) {
    Awaitility.setDefaultPollInterval(
        (pollCount, previous) ->
            Duration.ofMillis(
                Math.min(MOST_MILLIS, FIRST_MILLIS << Math.min(MOST_DOUBLINGS, pollCount - 1))));
    Awaitility.ignoreExceptionByDefault(NoSuchFileException.class);
  }
}
