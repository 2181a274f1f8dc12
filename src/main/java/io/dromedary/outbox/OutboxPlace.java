package io.dromedary.outbox;

import io.dromedary.settings.OutboxSettings;
import io.dromedary.settings.Settings;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Where an outbox is, for what is kept beside it and is not to hinder it: in a file of its own, or
 * in tables of the same database by connections of its own. Thread-safe.
 */
public final class OutboxPlace {

  private final OutboxSettings settings;

  private OutboxPlace(OutboxSettings settings) {
    this.settings = settings;
  }

  /** Where the outbox of a context is. */
  public static OutboxPlace of(CamelContext context) {
    OutboxSettings own = context.getComponent("outbox", OutboxComponent.class).getSettings();
    return new OutboxPlace(own == null ? Settings.outbox(context) : own);
  }

  /** Where an outbox of these settings is. */
  public static OutboxPlace of(OutboxSettings settings) {
    return new OutboxPlace(settings);
  }

  /** Whether other nodes may have the same outbox, in a database that is a server. */
  public boolean isShared() {
    return !settings.url().startsWith(SqliteUrl.PREFIX);
  }

  /** The file of the outbox, or null where it is in no file of ours. */
  public @Nullable Path file() {
    Path named = isShared() ? null : SqliteUrl.of(settings.url()).file();
    return named == null ? null : named.toAbsolutePath();
  }

  /** Connects to a database that is shared, without automatic commits. */
  public Connection connect() throws SQLException {
    return new PostgresDialect(settings).connect();
  }
}
