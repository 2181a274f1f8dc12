package io.dromedary.settings;

import java.time.Duration;
import java.util.List;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * The database of the outbox, and how long it keeps things.
 *
 * @param url a JDBC URL, {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql:…}
 * @param lease how long a node's claim lasts after the node has died
 * @param dedupWindow how long a message id is kept to recognize duplicates; zero turns this off
 * @param dedupMost the most message ids that are kept, if they are kept in memory
 * @param retention how long a dead letter is kept
 * @param longestWait the longest wait. A due time further ahead was set by a clock that was wrong.
 */
public record OutboxSettings(
    String url,
    @Nullable String user,
    @Nullable String password,
    Duration lease,
    Duration dedupWindow,
    int dedupMost,
    Duration retention,
    Duration longestWait) {

  /**
   * The settings of a context. They are read alone where routes use the outbox without the rest of
   * Dromedary.
   *
   * @throws InvalidSettingsException naming each of these keys that is bad
   */
  public static OutboxSettings of(CamelContext context) {
    Settings settings = context.getCamelContextExtension().getContextPlugin(Settings.class);
    if (settings != null) {
      return settings.outbox();
    }
    PropertyReader keys = new PropertyReader(context, System.getenv());
    OutboxSettings outbox = OutboxReader.read(keys, List.of());
    keys.checkAsked();
    return outbox;
  }

  /** The URL without its options and user, which may hold a password. */
  public String shown() {
    return url.split("[?]", 2)[0].replaceFirst("//[^/@]*@", "//");
  }
}
