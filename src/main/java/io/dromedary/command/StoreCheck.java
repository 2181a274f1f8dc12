package io.dromedary.command;

import io.dromedary.destination.WebhookCheck.Finding;
import io.dromedary.destination.WebhookCheck.Level;
import io.dromedary.outbox.store.StoreFile;
import io.dromedary.settings.OutboxSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Checks whether the outbox's store can be used. Does not open the file of SQLite, since the
 * application may have it open.
 */
final class StoreCheck {

  private static final long MEGABYTE = 1024 * 1024;
  private static final long LITTLE = 1024 * MEGABYTE;
  private static final int TIMEOUT_SECONDS = 5;

  private StoreCheck() {}

  /** Checks the store of the settings. Connects to PostgreSQL, for up to five seconds. */
  static Finding of(Path folder, OutboxSettings outbox) {
    if (outbox.url().startsWith("jdbc:postgresql:")) {
      return postgres(outbox);
    }
    Path named = StoreFile.of(outbox.url());
    if (named == null) {
      return finding(Level.WARNING, "in memory: events that are not done end with the process");
    }
    Path file = folder.resolve(named);
    try {
      long used = size(file) + size(Path.of(file + "-wal"));
      Path existing = existing(file.toAbsolutePath());
      boolean isWritable = Files.isWritable(existing);
      long free = Files.getFileStore(existing).getUsableSpace();
      String shown =
          named
              + (Files.exists(file) ? ", " + used / MEGABYTE + " MB" : ", made at the first start")
              + ", "
              + free / MEGABYTE
              + " MB free";
      if (!isWritable) {
        return finding(Level.FAILED, shown + ": found " + existing + ", expected to write to it");
      }
      return finding(free < LITTLE ? Level.WARNING : Level.OK, shown);
    } catch (IOException e) {
      return finding(Level.FAILED, named + " cannot be looked at: " + e);
    }
  }

  private static Finding finding(Level level, String detail) {
    return new Finding("store", level, detail);
  }

  private static long size(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }

  /** The path if it exists, or its nearest parent that does. */
  private static Path existing(Path path) {
    Path existing = path;
    while (!Files.exists(existing) && existing.getParent() != null) {
      existing = existing.getParent();
    }
    return existing;
  }

  private static Finding postgres(OutboxSettings outbox) {
    Properties properties = new Properties();
    put(properties, "user", outbox.user());
    put(properties, "password", outbox.password());
    for (String limit : new String[] {"connectTimeout", "loginTimeout", "socketTimeout"}) {
      properties.setProperty(limit, Integer.toString(TIMEOUT_SECONDS));
    }
    long start = System.nanoTime();
    try (Connection connection = DriverManager.getConnection(outbox.url(), properties)) {
      boolean isReadOnly = !connection.isValid(TIMEOUT_SECONDS) || connection.isReadOnly();
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      String shown =
          outbox.shown()
              + ", PostgreSQL "
              + connection.getMetaData().getDatabaseProductVersion()
              + " in "
              + millis
              + " ms";
      return isReadOnly
          ? finding(Level.FAILED, shown + ": found it read-only, expected to write to it")
          : finding(Level.OK, shown);
    } catch (SQLException e) {
      return finding(Level.FAILED, outbox.shown() + " cannot be connected to: " + e.getMessage());
    }
  }

  private static void put(Properties properties, String name, @Nullable String value) {
    if (value != null) {
      properties.setProperty(name, value);
    }
  }
}
