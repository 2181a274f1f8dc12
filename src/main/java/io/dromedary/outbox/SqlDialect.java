package io.dromedary.outbox;

import io.dromedary.settings.OutboxSettings;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In what the databases differ. The connection, its transaction and what an implementation
 * remembers belong to one thread at a time, the store's writer.
 */
interface SqlDialect extends StoreFigures.Source, AutoCloseable {

  /** Whose fault it is that a transaction has failed. */
  enum Fault {
    /** What was to be done is wrong: it would fail again, and other work would not. */
    WORK,
    /** What was to be done cannot be done now, and other work can. */
    LATER,
    /** The store cannot do it now. The connection is good, and other work may be done. */
    STORE,
    /** Anything else: another connection may fare better, now or later. */
    CONNECTION
  }

  /** The dialect of a JDBC URL. */
  static SqlDialect of(OutboxSettings settings, Clock clock) {
    return settings.url().startsWith("jdbc:sqlite:")
        ? new SqliteDialect(settings, clock)
        : new PostgresDialect(settings);
  }

  /** The name of the scripts that make the schema. */
  String name();

  /** Opens a connection to write on, without automatic commits; there is one at a time. */
  Connection connect() throws SQLException;

  /** Opens a connection beside it, to read on. May be called by any thread. */
  @Override
  default Connection connectToRead() throws SQLException {
    return connect();
  }

  /** Closes a connection to write on, whatever state it is in. */
  default void disconnect(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // It is of no use any more, whatever it says.
    }
  }

  /** The version of the schema that the database has; 0 where it has none. */
  int version(Connection connection) throws SQLException;

  void setVersion(Connection connection, int version) throws SQLException;

  /** Prepares for a new connection, or for the first one: called after the schema is there. */
  void connected(Connection connection) throws SQLException;

  /** What a failure means. */
  Fault fault(SQLException failure);

  /** Ends a transaction that has failed; the connection is then as it was before. */
  default void rollback(Connection connection) throws SQLException {
    connection.rollback();
  }

  /**
   * Fails if what is committed now would not be found again. Called before each commit, and now and
   * then while there is none.
   */
  default void check() throws SQLException {}

  /**
   * Whether the transaction that begins may wait for others. It may not where it repeats in parts
   * what has waited already.
   */
  default void setPatient(boolean patient) {}

  /**
   * New events of so many bytes are about to be written, by that connection.
   *
   * @throws SQLException if they are to be refused, so that there is room for what makes room
   */
  default void admit(Connection connection, long bytes) throws SQLException {}

  /**
   * Prepares for new events after they were refused.
   *
   * @throws SQLException if they still are to be
   */
  default void makeRoom(Connection connection) throws SQLException {}

  /** Why new events are refused although the store works; null where they are not. */
  default @Nullable String lack() {
    return null;
  }

  /** The time that decides what is due, in milliseconds since 1970. */
  long nowMillis(Connection connection) throws SQLException;

  /** Takes an id that nobody else has. */
  long takeId(Connection connection) throws SQLException;

  /** Whether what is committed survives the process. */
  default boolean isDurable() {
    return true;
  }

  /** Whether other nodes may write to the store, so that it has to be asked for what they did. */
  @Override
  boolean isShared();

  /** What is claimed, where that is known in memory and not by the store; otherwise null. */
  default @Nullable InMemoryClaims held() {
    return null;
  }

  /**
   * The statement that claims what is due of a lane and returns its rows. Parameters: the new due
   * time and the token, then the destination, the time, the most rows and the most bytes by {@link
   * MemoryBudget#cost}, which the last row may exceed. Where claims are {@link #held} it only
   * reads, and its parameters are the destination, the due time and the id behind which it begins,
   * the time and the most rows.
   */
  String claim(Lane lane);

  /** Does something in a transaction that may take long. */
  default void patiently(Connection connection, Patient work) throws SQLException {
    work.run();
  }

  /** What may take long. */
  interface Patient {
    void run() throws SQLException;
  }

  /** Notes what was accepted, and returns what of it was not known before. */
  Set<Fingerprint> remember(Connection connection, List<Fingerprint> accepted, long nowMillis)
      throws SQLException;

  /**
   * When something was accepted, in milliseconds, as near as that is known without a long look, or
   * null where it is not known at all. By the one who writes.
   */
  SeenIds.@Nullable Bounds seen(Connection connection, Fingerprint id) throws SQLException;

  /** Writes what {@link #remember} has noted and not written yet. */
  default void flush(Connection connection) throws SQLException {}

  /** Undoes what {@link #remember} noted in memory in a transaction that has failed. */
  void forget(Set<Fingerprint> added);

  /**
   * Deletes fingerprints that are out of the window, and gives back space. Returns whether more is
   * left.
   */
  boolean tidy(Connection connection, long nowMillis) throws SQLException;

  /** How many message ids were forgotten before their time. May be called by any thread. */
  default long forgotten() {
    return 0;
  }

  @Override
  void close();
}
