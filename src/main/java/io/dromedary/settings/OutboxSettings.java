package io.dromedary.settings;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the outbox is, and how long it keeps things.
 *
 * @param url a JDBC URL, {@code jdbc:sqlite:FILE} or {@code jdbc:postgresql:…}
 * @param lease how long a node's claim outlives it
 * @param dedupWindow how long a message id is known, so that it is not accepted twice; zero: not
 * @param dedupMost how many message ids are known at the most where they are kept in memory
 * @param retention how long a dead letter is kept
 * @param longestWait beyond which a due time can only come of a clock that was wrong
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

  /** What may be shown of the URL: its options may hold a password. */
  public String shown() {
    return url.split("[?]", 2)[0].replaceFirst("//[^/@]*@", "//");
  }
}
