package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Looks for the secrets that tests set in everything that they have logged, whoever logs it: as an
 * appender in logback-test.xml, and as an extension of all test classes, which fails the one that
 * was running. With {@code -Dlog.level=TRACE} it sees what every library says.
 */
public final class LoggedSecrets extends AppenderBase<ILoggingEvent> implements AfterAllCallback {

  private static final List<String> SECRETS =
      List.of("sharedsecretvalue", "s3cret", "hush", "the-shop's-secret");

  private static final int MOST_KEPT = 20;

  private static final Queue<String> FOUND = new ConcurrentLinkedQueue<>();

  @Override
  protected void append(ILoggingEvent event) {
    String thrown =
        event.getThrowableProxy() == null
            ? ""
            : "\n" + ThrowableProxyUtil.asString(event.getThrowableProxy());
    String line = event.getLoggerName() + ": " + event.getFormattedMessage() + thrown;
    if (FOUND.size() < MOST_KEPT && SECRETS.stream().anyMatch(line::contains)) {
      FOUND.add(line);
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    List<String> found = new ArrayList<>();
    for (String line = FOUND.poll(); line != null; line = FOUND.poll()) {
      found.add(line);
    }
    assertThat(found).as("lines of the log with secrets of the tests").isEmpty();
  }
}
