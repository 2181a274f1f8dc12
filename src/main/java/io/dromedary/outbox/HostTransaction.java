package io.dromedary.outbox;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.PostgresDialect;
import io.dromedary.outbox.store.Store;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores events on a connection of the host's data source, in the transaction that is bound to the
 * calling thread. The events exist if and when that transaction commits. A failure here makes the
 * whole transaction fail. A connection in auto-commit mode belongs to no transaction, so the events
 * are then stored in one of their own. Thread-safe.
 */
final class HostTransaction {

  private static final Logger LOG = LoggerFactory.getLogger(HostTransaction.class);

  private final Outbox outbox;
  private final DataSource dataSource;

  /**
   * Checks that the data source connects to the outbox's database.
   *
   * @param endpoint the endpoint's name in error messages
   * @throws IllegalArgumentException if it connects to another database or schema
   * @throws OutboxException if the databases cannot be compared
   */
  HostTransaction(Outbox outbox, DataSource dataSource, String endpoint) throws OutboxException {
    this.outbox = outbox;
    this.dataSource = dataSource;
    if (!outbox.dialect().isShared()) {
      throw new IllegalArgumentException(
          "The endpoint "
              + endpoint
              + " has a dataSource, and webhooks.outbox.url is "
              + outbox.settings().shown()
              + ": expected jdbc:postgresql:…, since an SQLite file has one writer, which is"
              + " Dromedary's own.");
    }
    String wrong;
    try (Connection own = outbox.access().connect();
        Connection host = dataSource.getConnection()) {
      wrong = difference(own, host);
    } catch (SQLException e) {
      throw new OutboxException(
          "the dataSource of " + endpoint + " cannot be compared with the outbox: " + e, e);
    }
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          "The dataSource of the endpoint "
              + endpoint
              + " has "
              + wrong
              + ": expected that of webhooks.outbox.url, "
              + outbox.settings().shown()
              + ", whose transactions are joined.");
    }
  }

  /**
   * How the database looks from a connection.
   *
   * @param isFree whether the connection got the advisory lock
   * @param table the object id of the table {@code outbox}, or 0 if the connection sees none
   */
  private record Found(boolean isFree, long table) {

    static Found by(Connection connection, long key) throws SQLException {
      try (PreparedStatement query =
          connection.prepareStatement(
              "SELECT pg_try_advisory_xact_lock(?), coalesce(to_regclass('outbox')::oid, 0)")) {
        query.setLong(1, key);
        try (ResultSet row = query.executeQuery()) {
          row.next();
          return new Found(row.getBoolean(1), row.getLong(2));
        }
      }
    }
  }

  private static String difference(Connection own, Connection host) throws SQLException {
    String product = host.getMetaData().getDatabaseProductName();
    if (!product.equals("PostgreSQL")) {
      return "a database of " + product;
    }
    // URLs can name the same database in many ways, but an advisory lock belongs to one database.
    long key = ThreadLocalRandom.current().nextLong();
    Found ours = Found.by(own, key);
    Found theirs = Found.by(host, key);
    if (theirs.isFree()) {
      return "another database";
    }
    return theirs.table() == ours.table() ? "" : "another schema (search_path)";
  }

  /**
   * Stores events, and dead letters of invalid input: either all of them or none.
   *
   * @return true if they are on disk; false if they will be when the host's transaction commits
   */
  boolean append(List<Append.Arrival> arrivals, List<DeadLetter> invalid) throws OutboxException {
    try {
      return appendOn(dataSource.getConnection(), arrivals, invalid);
    } catch (SQLException e) {
      throw new OutboxException("the events cannot be stored: " + e.getMessage(), e);
    }
  }

  private boolean appendOn(
      Connection connection, List<Append.Arrival> arrivals, List<DeadLetter> invalid)
      throws SQLException {
    long transaction;
    try (PostgresDialect dialect = new PostgresDialect(outbox.settings(), true);
        Store store = new Store(dialect, connection)) {
      Append append =
          new Append(outbox, dialect, arrivals, invalid, false, new CompletableFuture<>());
      if (connection.getAutoCommit()) {
        commit(connection, store, append);
        return true;
      }
      join(connection, store, append);
      transaction = number(connection, "SELECT txid_current()");
    }
    // Without a transaction bound to the thread, a pool that has auto-commit switched off would
    // roll everything back unnoticed. A second connection is then in another transaction.
    try (Connection again = dataSource.getConnection()) {
      if (transaction != number(again, "SELECT coalesce(txid_current_if_assigned(), 0)")) {
        throw new SQLException(
            "the dataSource's connections are not in auto-commit mode, and there is no transaction"
                + " that they belong to: expected one, or a dataSource that knows of it, as"
                + " Spring's TransactionAwareDataSourceProxy does");
      }
    }
    return false;
  }

  private static void write(Store store, Append append) throws SQLException {
    append.join(store, store.nowMillis());
    store.flush();
  }

  /** Stores in a separate transaction, and returns the connection in auto-commit mode. */
  private static void commit(Connection connection, Store store, Append append)
      throws SQLException {
    connection.setAutoCommit(false);
    try {
      write(store, append);
      store.commit();
    } catch (SQLException | RuntimeException | Error e) {
      try {
        connection.rollback();
        connection.setAutoCommit(true);
      } catch (SQLException | RuntimeException again) {
        e.addSuppressed(again);
      }
      throw e;
    }
    // The events are stored now, even if something below fails.
    try {
      append.committed();
    } catch (RuntimeException | Error e) {
      LOG.error("Events are stored, but not all listeners could be notified", e);
    }
    try {
      connection.setAutoCommit(true);
    } catch (SQLException | RuntimeException e) {
      LOG.warn("A connection of the dataSource stays without automatic commits: {}", e.toString());
    }
  }

  /**
   * Stores in the host's transaction. An error that does not come from the database would leave the
   * transaction usable, with part of the rows: if the host then committed it, the message ids would
   * be stored without their events. So the transaction is made to fail.
   */
  private static void join(Connection connection, Store store, Append append) throws SQLException {
    try {
      write(store, append);
    } catch (RuntimeException | Error e) {
      try (Statement abort = connection.createStatement()) {
        abort.execute("DO $$ BEGIN RAISE EXCEPTION 'events could not be stored'; END $$");
      } catch (SQLException | RuntimeException aborted) {
        e.addSuppressed(aborted);
      }
      throw e;
    }
  }

  private static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
