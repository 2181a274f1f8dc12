package io.dromedary.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.MainListenerSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells {@code bin/dromedary} that the archive of classes that the JVM writes when it ends has the
 * classes of a whole start. After a start that fails, for a wrong setting perhaps, the JVM writes
 * one, too; the script does not use it.
 */
final class ClassArchive extends MainListenerSupport {

  private static final Logger LOG = LoggerFactory.getLogger(ClassArchive.class);

  /** The system property that names the file that the JVM writes. */
  private static final String FILE = "dromedary.class-archive";

  @Override
  public void afterStart(BaseMainSupport main) {
    String file = System.getProperty(FILE);
    if (file == null) {
      return;
    }
    try {
      Files.writeString(Path.of(file + ".complete"), "");
    } catch (IOException e) {
      LOG.warn(
          "The archive of loaded classes will be made again at the next start: {}", e.toString());
    }
  }
}
