package io.dromedary.outbox;

import io.dromedary.outbox.store.PostgresDialect;
import io.dromedary.outbox.store.SqliteUrl;
import io.dromedary.settings.OutboxSettings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Locates an outbox, for data that is stored beside it without slowing it down: in a separate file,
 * or in tables of the same database over separate connections. Thread-safe.
 */
public final class OutboxPlace {

  private final OutboxSettings settings;

  private OutboxPlace(OutboxSettings settings) {
    this.settings = settings;
  }

  /** The location of a context's outbox. */
  public static OutboxPlace of(CamelContext context) {
    OutboxSettings own = context.getComponent("outbox", OutboxComponent.class).getSettings();
    return new OutboxPlace(own == null ? OutboxSettings.of(context) : own);
  }

  /** The location of an outbox with these settings. */
  public static OutboxPlace of(OutboxSettings settings) {
    return new OutboxPlace(settings);
  }

  /** Whether the outbox is in a database server, where other nodes may share it. */
  public boolean isShared() {
    return !settings.url().startsWith(SqliteUrl.PREFIX);
  }

  /** The file of the outbox, or null if it is in memory or in a database server. */
  public @Nullable Path file() {
    Path named = isShared() ? null : SqliteUrl.of(settings.url()).file();
    return named == null ? null : named.toAbsolutePath();
  }

  /** Connects to the shared database, with auto-commit off. */
  public Connection connect() throws SQLException {
    return new PostgresDialect(settings).connect();
  }
}
