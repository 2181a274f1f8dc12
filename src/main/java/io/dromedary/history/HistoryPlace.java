package io.dromedary.history;

import java.sql.Connection;
import java.sql.SQLException;

/** The place of a history: a file, or tables in the database of the outbox. */
interface HistoryPlace {

  /** Its name for operators, without secrets. */
  String name();

  /**
   * Opens a connection for writing, and creates the tables if there are none.
   *
   * @param firstSeq the sequence number of the first attempt in tables that are created
   */
  Connection connectToWrite(long firstSeq) throws SQLException;

  /** Opens a connection for reading. */
  Connection connectToRead() throws SQLException;

  /** Fails if data that is written now would be lost. */
  default void check() throws SQLException {}

  /** The size of the tables in bytes. */
  long sizeBytes(Connection connection) throws SQLException;

  /** The most bytes that are kept of each kind of attempts. */
  long mostBytes();

  /**
   * Waits until no other node writes attempts, so that their positions are in the order of commits.
   */
  default void lockToWrite(Connection connection) throws SQLException {}

  /** Locks the expiry, which one node does for all. Returns false if another node is doing it. */
  default boolean lockToExpire(Connection connection) throws SQLException {
    return true;
  }

  /**
   * Repairs the place after a failure, if possible.
   *
   * @return whether to try again at once
   */
  default boolean mend(SQLException failure) {
    return false;
  }

  /** Gives back a limited amount of the space that deleted rows took. */
  default void shrink(Connection connection) throws SQLException {}

  /** Removes the remains of erased rows. Called after the commit. */
  default void forget(Connection connection) throws SQLException {}
}
