package io.dromedary.outbox;

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
 * Stores events on a connection of the host's, in whatever transaction its data source says that
 * the calling thread is: they are there when that commits, and never were when it does not. What
 * fails here takes that transaction with it. A connection in auto-commit mode belongs to none, and
 * the events get one of their own. Thread-safe.
 */
final class HostTransaction {

  private static final Logger LOG = LoggerFactory.getLogger(HostTransaction.class);

  private final Outbox outbox;
  private final DataSource dataSource;

  /**
   * Checks that the data source is of the outbox's database.
   *
   * @param endpoint by which a message calls it
   * @throws IllegalArgumentException if it is not
   * @throws OutboxException if that cannot be found out
   */
  HostTransaction(Outbox outbox, DataSource dataSource, String endpoint) throws OutboxException {
    this.outbox = outbox;
    this.dataSource = dataSource;
    if (!outbox.isShared()) {
      throw new IllegalArgumentException(
          "The endpoint "
              + endpoint
              + " has a dataSource, and webhooks.outbox.url is "
              + outbox.settings().shown()
              + ": expected jdbc:postgresql:…, since an SQLite file has one writer, which is"
              + " Dromedary's own.");
    }
    String wrong;
    try (Connection own = outbox.connect();
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

  /** What a connection finds under the name of the table, and whether the lock was free for it. */
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
    // A URL may name a database in many ways. A lock is of one, whatever it is called.
    long key = ThreadLocalRandom.current().nextLong();
    Found ours = Found.by(own, key);
    Found theirs = Found.by(host, key);
    if (theirs.isFree()) {
      return "another database";
    }
    return theirs.table() == ours.table() ? "" : "another schema (search_path)";
  }

  /**
   * Stores events, and dead letters of what was none, all of them or nothing.
   *
   * @return whether they are on disk; otherwise they will be when the host's transaction commits
   */
  boolean append(List<StoreOperation.Arrival> arrivals, List<DeadLetter> invalid)
      throws OutboxException {
    try {
      return appendOn(dataSource.getConnection(), arrivals, invalid);
    } catch (SQLException e) {
      throw new OutboxException("the events cannot be stored: " + e.getMessage(), e);
    }
  }

  private boolean appendOn(
      Connection connection, List<StoreOperation.Arrival> arrivals, List<DeadLetter> invalid)
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
    // A pool whose connections are not in auto-commit mode rolls back what nobody has committed.
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

  /** Stores in a transaction of our own, and gives the connection back as it was. */
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
    // From here on the events are stored, whatever fails.
    try {
      append.committed();
    } catch (RuntimeException | Error e) {
      LOG.error("Events are stored, of which not everybody could be told", e);
    }
    try {
      connection.setAutoCommit(true);
    } catch (SQLException | RuntimeException e) {
      LOG.warn("A connection of the dataSource stays without automatic commits: {}", e.toString());
    }
  }

  /**
   * Stores in the host's transaction. An error that is none of the database's leaves that open with
   * a part: a host that went on would commit the message ids, and not the events.
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
