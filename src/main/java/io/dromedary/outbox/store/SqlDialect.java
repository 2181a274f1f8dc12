package io.dromedary.outbox.store;

import io.dromedary.outbox.dedup.Fingerprint;
import io.dromedary.outbox.dedup.SeenIds;
import io.dromedary.settings.OutboxSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Hides the differences between the databases. The connection, its transaction and the state of an
 * implementation are used by one thread, the store's writer, unless a method says otherwise.
 */
public interface SqlDialect extends StoreFigures.Source, AutoCloseable {

  /** The cause of a failed transaction. */
  enum Fault {
    /** The operation is wrong. It would fail again, but other operations would not. */
    WORK,
    /** The operation cannot be done now, but others can. */
    LATER,
    /** The store cannot do it now. The connection works, and other operations may succeed. */
    STORE,
    /** Anything else. A new connection may work, now or later. */
    CONNECTION
  }

  /** Makes the dialect for a JDBC URL. */
  static SqlDialect of(OutboxSettings settings, Clock clock) {
    return settings.url().startsWith("jdbc:sqlite:")
        ? new SqliteDialect(settings, clock)
        : new PostgresDialect(settings);
  }

  /** The prefix in the names of the schema's scripts. */
  String name();

  /** Opens the connection for writing, with auto-commit off. There is one at a time. */
  Connection connect() throws SQLException;

  /** Opens another connection, for reading. May be called by any thread. */
  @Override
  default Connection connectToRead() throws SQLException {
    return connect();
  }

  /** Closes a connection for writing, in any state. */
  default void disconnect(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // The connection is no longer needed, so the failure does not matter.
    }
  }

  /** The version of the database's schema; 0 if it has none. */
  int version(Connection connection) throws SQLException;

  void setVersion(Connection connection, int version) throws SQLException;

  /** Prepares each new connection for writing. Called after the schema exists. */
  void connected(Connection connection) throws SQLException;

  /** Classifies a failure. */
  Fault fault(SQLException failure);

  /** Rolls back a failed transaction. The connection can then be used again. */
  default void rollback(Connection connection) throws SQLException {
    connection.rollback();
  }

  /**
   * Fails if a commit would be lost, for example because the database's file was deleted. Called
   * before each commit, and regularly while there are none.
   */
  default void check() throws SQLException {}

  /**
   * Sets whether the next transaction may wait for locks of others. It may not if it repeats part
   * of a transaction that has waited already.
   */
  default void setPatient(boolean patient) {}

  /**
   * Checks that new events of that many bytes may be written on a connection.
   *
   * @throws SQLException if they must be refused, to leave room for settlements
   */
  default void admit(Connection connection, long bytes) throws SQLException {}

  /**
   * Prepares to accept new events again after they were refused.
   *
   * @throws SQLException if they must still be refused
   */
  default void makeRoom(Connection connection) throws SQLException {}

  /** Why new events are refused although the store works, or null if they are accepted. */
  default @Nullable String lack() {
    return null;
  }

  /** The time by which events are due, in milliseconds since 1970. */
  long nowMillis(Connection connection) throws SQLException;

  /** Returns a new unique id. */
  long takeId(Connection connection) throws SQLException;

  /** Whether committed data survives the end of the process. */
  default boolean isDurable() {
    return true;
  }

  /** Whether other nodes may write to the store, so that it has to be polled for their events. */
  @Override
  boolean isShared();

  /** The claims, if they are tracked in memory; null if they are stored in the rows. */
  default @Nullable InMemoryClaims held() {
    return null;
  }

  /**
   * The statement that claims due rows of a lane and returns them. Its parameters are the new due
   * time, the token, the destination, the time, the most rows and the most bytes by {@link
   * MemoryCost#of}, which the last row may exceed. If claims are {@link #held} in memory, the
   * statement only reads. Its parameters are then the destination, the due time and the id after
   * which it starts, the time and the most rows.
   */
  String claim(Lane lane);

  /** Does work in a transaction that may take long. */
  default void patiently(Connection connection, Patient work) throws SQLException {
    work.run();
  }

  /** Work that may take long. */
  interface Patient {
    void run() throws SQLException;
  }

  /** Remembers accepted ids, and returns those that were not known before. */
  Set<Fingerprint> remember(Connection connection, List<Fingerprint> accepted, long nowMillis)
      throws SQLException;

  /**
   * Returns when an id was accepted, as exactly as a quick lookup can tell, or null if it is not
   * remembered. Called by the writer.
   */
  SeenIds.@Nullable Bounds seen(Connection connection, Fingerprint id) throws SQLException;

  /** Writes the ids that {@link #remember} has noted and not written yet. */
  default void flush(Connection connection) throws SQLException {}

  /** Forgets ids that {@link #remember} noted in memory in a transaction that has failed. */
  void forget(Set<Fingerprint> added);

  /**
   * Deletes a limited number of expired fingerprints, and gives back space. Returns whether there
   * may be more to do.
   */
  boolean tidy(Connection connection, long nowMillis) throws SQLException;

  /** The number of message ids that were forgotten early. May be called by any thread. */
  default long forgotten() {
    return 0;
  }

  @Override
  void close();
}
