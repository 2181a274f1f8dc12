package io.dromedary.outbox.store;

import io.dromedary.settings.OutboxSettings;
import java.time.Clock;
import java.util.function.LongSupplier;

/** Internals of the store that tests of the outbox need and other packages do not see. */
public final class StoreInternals {

  /** The newest version of the schema. */
  public static final int SCHEMA_VERSION = Schema.VERSION;

  private StoreInternals() {}

  /**
   * SQLite on a disk of a chosen size.
   *
   * @param usableBytes the bytes that are left on the disk
   */
  public static SqlDialect sqlite(
      OutboxSettings settings, Clock clock, long totalBytes, LongSupplier usableBytes) {
    FreeSpace.Disk disk =
        new FreeSpace.Disk() {
          @Override
          public long usableBytes() {
            return usableBytes.getAsLong();
          }

          @Override
          public long totalBytes() {
            return totalBytes;
          }
        };
    return new SqliteDialect(settings, clock, disk);
  }
}
