package io.dromedary.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import io.dromedary.testing.LogLines;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class JavaLoggingTest {

  private final Logger root = LogManager.getLogManager().getLogger("");
  private final Handler[] before = root.getHandlers();

  @AfterEach
  void restore() {
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    for (Handler handler : before) {
      root.addHandler(handler);
    }
  }

  @Test
  void whatLibrariesLogTheirOwnWayIsALineAsAnyOther() {
    JavaLogging.handOn();
    IllegalStateException failure = new IllegalStateException("gone");
    try (LogLines lines = LogLines.of("a.library")) {
      Logger logger = Logger.getLogger("a.library");
      logger.log(Level.SEVERE, "it fails", failure);
      logger.log(Level.WARNING, "{0} of {1}", new Object[] {3, "four"});
      logger.info("it's {}");
      logger.fine("not asked for");
      assertThat(lines.lines()).containsExactly("ERROR it fails", "WARN 3 of four", "INFO it's {}");
      ILoggingEvent first = lines.events().get(0);
      assertThat(first.getThrowableProxy().getMessage()).isEqualTo("gone");
    }
    assertThat(root.getHandlers()).hasSize(1);
  }
}
