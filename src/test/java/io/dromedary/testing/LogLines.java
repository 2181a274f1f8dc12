package io.dromedary.testing;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** What one logger, and those below it, have written since this was made. Thread-safe. */
public final class LogLines extends AppenderBase<ILoggingEvent> implements AutoCloseable {

  private final Queue<ILoggingEvent> all = new ConcurrentLinkedQueue<>();
  private final Logger logger;
  private final @Nullable Level before;

  private LogLines(String name, Level level) {
    this.logger = (Logger) LoggerFactory.getLogger(name);
    this.before = logger.getLevel();
    logger.setLevel(level);
    setContext(logger.getLoggerContext());
    start();
    logger.addAppender(this);
  }

  /** Listens to a logger from now on. */
  public static LogLines of(String name) {
    return new LogLines(name, Level.DEBUG);
  }

  @Override
  protected void append(ILoggingEvent event) {
    all.add(event);
  }

  /** The events. */
  public List<ILoggingEvent> events() {
    return List.copyOf(all);
  }

  /** The lines, each as its level and its message. */
  public List<String> lines() {
    return all.stream().map(each -> each.getLevel() + " " + each.getFormattedMessage()).toList();
  }

  /** The key-values of an event as logback writes them into a line. */
  public static String keyValues(ILoggingEvent event) {
    return event.getKeyValuePairs() == null
        ? ""
        : String.join(" ", event.getKeyValuePairs().stream().map(Object::toString).toList());
  }

  @Override
  public void close() {
    logger.detachAppender(this);
    logger.setLevel(before);
  }
}
