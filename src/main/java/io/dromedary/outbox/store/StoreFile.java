package io.dromedary.outbox.store;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Finds the file in which a store keeps its events on this machine. */
public final class StoreFile {

  private StoreFile() {}

  /** The file that an outbox's URL names, or null if its events are in memory or on a server. */
  public static @Nullable Path of(String url) {
    return url.startsWith(SqliteUrl.PREFIX) ? SqliteUrl.of(url).file() : null;
  }
}
