package io.dromedary.logging;

import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
import org.slf4j.LoggerFactory;

/**
 * Passes log records of {@code java.util.logging} to SLF4J. Libraries such as OpenTelemetry and
 * PostgreSQL's driver use it, and would otherwise write to the standard error in a format of their
 * own, between lines of JSON. Thread-safe.
 */
public final class JavaLogging extends Handler {

  private final Formatter formatter = new SimpleFormatter();

  private JavaLogging() {}

  /** Passes on all records of this process, unless the user has configured java.util.logging. */
  public static void handOn() {
    if (System.getProperty("java.util.logging.config.file") != null
        || System.getProperty("java.util.logging.config.class") != null) {
      return;
    }
    Logger root = LogManager.getLogManager().getLogger("");
    for (Handler handler : root.getHandlers()) {
      root.removeHandler(handler);
    }
    root.addHandler(new JavaLogging());
  }

  @Override
  public void publish(LogRecord line) {
    String name = line.getLoggerName();
    LoggerFactory.getLogger(name == null || name.isEmpty() ? "java.util.logging" : name)
        .atLevel(level(line.getLevel()))
        .setCause(line.getThrown())
        .log(() -> formatter.formatMessage(line));
  }

  private static org.slf4j.event.Level level(Level level) {
    int value = level.intValue();
    if (value >= Level.SEVERE.intValue()) {
      return org.slf4j.event.Level.ERROR;
    }
    if (value >= Level.WARNING.intValue()) {
      return org.slf4j.event.Level.WARN;
    }
    return value >= Level.INFO.intValue()
        ? org.slf4j.event.Level.INFO
        : org.slf4j.event.Level.DEBUG;
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
