package io.dromedary.outbox;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where a store keeps its events on this machine. */
public final class StoreFile {

  private StoreFile() {}

  /** The file that the URL of an outbox names, or null where events are in memory or elsewhere. */
  public static @Nullable Path of(String url) {
    return url.startsWith(SqliteUrl.PREFIX) ? SqliteUrl.of(url).file() : null;
  }
}
