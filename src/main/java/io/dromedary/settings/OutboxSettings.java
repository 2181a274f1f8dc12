package io.dromedary.settings;

import java.time.Duration;
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

  /** The URL without its options and user, which may hold a password. */
  public String shown() {
    return url.split("[?]", 2)[0].replaceFirst("//[^/@]*@", "//");
  }
}
