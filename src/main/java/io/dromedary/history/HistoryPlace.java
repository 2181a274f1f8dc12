package io.dromedary.history;

import java.sql.Connection;
import java.sql.SQLException;

/** In what the places differ that a history may be kept at. */
interface HistoryPlace {

  /** What may be shown of it. */
  String name();

  /** Opens a connection to write on, making the tables where there are none. */
  Connection connectToWrite() throws SQLException;

  /** Opens a connection to read on. */
  Connection connectToRead() throws SQLException;

  /** Fails where what is written now would not be found again. */
  default void check() throws SQLException {}

  /** What the tables take. */
  long sizeBytes(Connection connection) throws SQLException;

  /** How many bytes are kept of each kind of attempts. */
  long mostBytes();

  /**
   * Waits until no other node writes attempts, so that their places are in the order of commits.
   */
  default void lockToWrite(Connection connection) throws SQLException {}

  /** Whether no other node does what is to be done once for all of them. */
  default boolean lockToExpire(Connection connection) throws SQLException {
    return true;
  }

  /**
   * Does what there is to do about a failure.
   *
   * @return whether it is worth it to try again at once
   */
  default boolean mend(SQLException failure) {
    return false;
  }

  /** Gives back what has been deleted, a bounded part of it. */
  default void shrink(Connection connection) throws SQLException {}

  /** Has nothing left of what was erased, after the commit of it. */
  default void forget(Connection connection) throws SQLException {}
}
