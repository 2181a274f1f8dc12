package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.AppenderBase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.slf4j.LoggerFactory;

/**
 * All that is logged at TRACE, by whoever, but for the loggers of which the packaged logback.xml
 * says that they stay at WARN: those of the lines that hold one of some words. The PostgreSQL
 * driver logs to the JVM.
 */
public final class TraceLog implements AutoCloseable {

  private static final Pattern QUIET =
      Pattern.compile("<logger name=\"([^\"]+)\" level=\"(?:WARN|OFF)\"/>");

  private static final java.util.logging.Logger JVM =
      java.util.logging.Logger.getLogger("org.postgresql");

  private final LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
  private final Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  private final Map<Logger, Level> levels = new HashMap<>();
  private final List<Appender<ILoggingEvent>> appenders = new ArrayList<>();
  private final List<String> words;
  private final Set<String> loggers = ConcurrentHashMap.newKeySet();
  private final Queue<String> found = new ConcurrentLinkedQueue<>();
  private final Lines lines = new Lines();
  private final JvmLines jvmLines = new JvmLines();

  private final class Lines extends AppenderBase<ILoggingEvent> {

    @Override
    protected void append(ILoggingEvent event) {
      String thrown =
          event.getThrowableProxy() == null
              ? ""
              : " " + ThrowableProxyUtil.asString(event.getThrowableProxy());
      look(
          event.getLoggerName(),
          event.getLevel()
              + " "
              + event.getFormattedMessage()
              + event.getMDCPropertyMap()
              + thrown);
    }
  }

  private final class JvmLines extends Handler {

    @Override
    public void publish(LogRecord record) {
      look(record.getLoggerName(), new SimpleFormatter().format(record));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  /**
   * Begins to listen.
   *
   * @param words none of which should be in the log
   */
  public TraceLog(List<String> words) {
    this.words = words;
    for (Logger logger : context.getLoggerList()) {
      if (logger.getLevel() != null) {
        levels.put(logger, logger.getLevel());
        logger.setLevel(logger == root ? Level.TRACE : null);
      }
    }
    for (String quiet : quiet()) {
      Logger logger = context.getLogger(quiet);
      levels.putIfAbsent(logger, null);
      logger.setLevel(Level.WARN);
    }
    // The console would have all of it.
    root.iteratorForAppenders().forEachRemaining(appenders::add);
    appenders.forEach(root::detachAppender);
    lines.setContext(context);
    lines.start();
    root.addAppender(lines);
    JVM.setLevel(java.util.logging.Level.FINEST);
    JVM.setUseParentHandlers(false);
    JVM.addHandler(jvmLines);
  }

  private static List<String> quiet() {
    try (var file = TraceLog.class.getResourceAsStream("/dromedary/logback.xml")) {
      String text = new String(file.readAllBytes(), UTF_8);
      return QUIET
          .matcher(text.substring(text.indexOf("Below this level")))
          .results()
          .map((MatchResult result) -> result.group(1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void look(String logger, String line) {
    loggers.add(logger);
    for (String word : words) {
      if (line.contains(word)) {
        found.add(logger + ": " + line);
        return;
      }
    }
  }

  /** Those that have said something. */
  public Set<String> loggers() {
    return loggers;
  }

  /** The lines that hold one of the words. */
  public List<String> found() {
    return List.copyOf(found);
  }

  @Override
  public void close() {
    JVM.removeHandler(jvmLines);
    JVM.setUseParentHandlers(true);
    JVM.setLevel(null);
    root.detachAppender(lines);
    appenders.forEach(root::addAppender);
    levels.forEach(Logger::setLevel);
  }
}
