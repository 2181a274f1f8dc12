package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.PostgresDialect;
import io.dromedary.outbox.store.StoreInternals;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Tests the outbox on PostgreSQL, also while the database is not available. */
@SuppressWarnings("try") // A hold is only opened and closed.
class PostgresOutboxTest extends OutboxContract {

  private static final AtomicInteger DATABASES = new AtomicInteger();
  private static EmbeddedPostgres server;

  private String database;

  /**
   * Returns the server, which is shared by all tests of the JVM; each test has its own database.
   */
  static synchronized EmbeddedPostgres server() {
    if (server == null) {
      try {
        server = EmbeddedPostgres.start();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
    return server;
  }

  @BeforeEach
  void createDatabase() throws SQLException {
    database = newDatabase();
  }

  /** Creates an empty database and returns its name. */
  static String newDatabase() throws SQLException {
    String database = "outbox_" + DATABASES.incrementAndGet();
    try (Connection connection =
            DriverManager.getConnection(server().getJdbcUrl("postgres", "postgres"));
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + database);
    }
    return database;
  }

  @Override
  String url() {
    return server().getJdbcUrl("postgres", database);
  }

  @Override
  Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  @Override
  void writeVersion(int version) throws SQLException {
    update("CREATE TABLE IF NOT EXISTS dromedary_schema (version INTEGER NOT NULL)");
    update("DELETE FROM dromedary_schema");
    update("INSERT INTO dromedary_schema VALUES (" + version + ")");
  }

  @Override
  Outbox anotherNode(Outbox first) {
    return open(first.settings(), first.clock());
  }

  /** The database's clock cannot be set, so the stored times are changed instead. */
  @Override
  void pass(Duration duration) throws SQLException {
    clock.advance(duration);
    long millis = duration.toMillis();
    update("UPDATE outbox SET due_at = due_at - " + millis);
    update("UPDATE seen SET seen_at = seen_at - " + millis);
    update("UPDATE dead_letter SET dead_at = dead_at - " + millis);
  }

  @Test
  void nodesThatStartAtOnceMakeTheSchemaOnce() throws Exception {
    List<CompletableFuture<Outbox>> nodes = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      nodes.add(CompletableFuture.supplyAsync(() -> new Outbox(settings(LEASE, WINDOW), clock)));
    }
    for (CompletableFuture<Outbox> node : nodes) {
      join(node).close();
    }
    assertThat(query("SELECT version FROM dromedary_schema"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, StoreInternals.SCHEMA_VERSION)
                .mapToObj(Integer::toString)
                .toList());
  }

  @Test
  void theDatabasesClockDecides() {
    Outbox ahead = open();
    append(ahead, "a");
    claim(ahead, 1)
        .get(0)
        .settle(new Settlement.Parked(clock.instant().plusSeconds(3600), 1, null));
    settle(ahead);
    // To a node whose clock is a day ahead the event is not due, either.
    clock.advance(Duration.ofDays(1));
    assertThat(claim(ahead, 1)).isEmpty();
    assertThat(claim(anotherNode(ahead), 1)).isEmpty();
  }

  @Test
  void anEventOutlivesItsLeaseAndThenOnlyDoneCountsOfItsFormerHolder() throws Exception {
    Outbox one = open();
    List<DeadLetter> told = new CopyOnWriteArrayList<>();
    one.listen(told::add);
    Outbox other = anotherNode(one);
    append(one, "parked", "dead", "done");
    List<Claim> stale = claim(one, 3);
    assertThat(claim(other, 3)).isEmpty();
    pass(LEASE.plusSeconds(1));
    List<Claim> held = claim(other, 3);
    assertThat(ids(held)).containsExactly("parked", "dead", "done");
    List<String> before = query("SELECT message_id, due_at, claim_token FROM outbox ORDER BY id");

    stale.get(0).settle(new Settlement.Parked(clock.instant(), 9, "stale"));
    stale.get(1).settle(new Settlement.Dead(letter(stale.get(1))));
    stale.get(2).settle(Settlement.DONE);
    settle(one);

    assertThat(query("SELECT message_id, due_at, claim_token FROM outbox ORDER BY id"))
        .containsExactlyElementsOf(before.subList(0, 2));
    assertThat(query("SELECT message_id FROM dead_letter")).isEmpty();
    assertThat(one.counts().dead(ORDERS, DeadLetter.Reason.REJECTED).sum()).isZero();
    // The node that claimed the event later is not confused by the missing row.
    held.get(2).settle(new Settlement.Dead(letter(held.get(2))));
    held.get(1).settle(new Settlement.Dead(letter(held.get(1))));
    settle(other);
    assertThat(stored()).containsExactly("parked");
    assertThat(query("SELECT message_id FROM dead_letter")).containsExactly("dead");
    one.close();
    // Still nothing by now.
    assertThat(told).isEmpty();
  }

  /** Otherwise operations in the same commit would wait half a second for each append. */
  @Test
  void manyAppendsThatWaitForAHostsTransactionHoldUpTheOthersOnce() throws Exception {
    Outbox outbox = open();
    append(outbox, "known");
    pass(WINDOW.plusHours(1));
    try (Connection host = connect();
        Statement statement = host.createStatement()) {
      host.setAutoCommit(false);
      statement.executeUpdate("UPDATE seen SET seen_at = seen_at + 1");
      List<CompletableFuture<Integer>> blocked = new ArrayList<>();
      List<CompletableFuture<Integer>> others = new ArrayList<>();
      try (Hold hold = new Hold(outbox)) {
        for (int i = 0; i < 60; i++) {
          blocked.add(begin(outbox, event("known")));
          others.add(begin(outbox, event("other" + i)));
        }
      }
      long beganNanos = System.nanoTime();
      blocked.forEach(
          append ->
              assertThat(failure(append))
                  .hasMessageContaining("a transaction that has not ended has stored an event"));
      others.forEach(append -> assertThat(join(append)).isEqualTo(1));
      assertThat(Duration.ofNanos(System.nanoTime() - beganNanos))
          .isLessThan(Duration.ofSeconds(15));
      host.rollback();
    }
  }

  /** Rows that are not due, or are in the other lane, must not cost anything. */
  @ParameterizedTest
  @EnumSource
  void aClaimReadsItsPartOfAnIndexInOrder(Lane lane) throws Exception {
    open().close();
    String claim = new PostgresDialect(settings(LEASE, WINDOW)).claim(lane);
    try (Connection connection = new PostgresDialect(settings(LEASE, WINDOW)).connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("EXPLAIN " + claim.replace("?", "'0'"))) {
      StringBuilder plan = new StringBuilder();
      while (rows.next()) {
        plan.append(rows.getString(1)).append('\n');
      }
      assertThat(plan)
          .containsPattern(
              "Limit.*\n *->  LockRows.*\n *->  Index Scan using outbox_"
                  + lane.name().toLowerCase(Locale.ROOT));
    }
  }

  /**
   * PostgreSQL caches plans. One for a table with one row would make a claim of 500 take minutes.
   */
  @Test
  void aTableThatHasGrownSinceItsClaimsWerePlannedIsClaimedAsFast() throws Exception {
    Outbox outbox = open();
    update("ALTER TABLE outbox SET (autovacuum_enabled = off)");
    append(outbox, "a");
    claim(outbox, 1);
    update("ANALYZE outbox");
    for (int i = 0; i < 20; i++) {
      assertThat(claim(outbox, 500)).isEmpty();
    }
    update(
        "INSERT INTO outbox (id, destination, message_id, type, accepted_at, due_at, attempts, body)"
            + " SELECT -i, '"
            + ORDERS
            + "', 'm' || i, 'track', 0, i, 0, '' FROM generate_series(1, 50000) AS i");

    // A claim that takes longer than five seconds is cancelled.
    for (int i = 0; i < 4; i++) {
      assertThat(claim(outbox, 500)).hasSize(500);
    }
    assertThat(query("SELECT count(*) FROM outbox WHERE claim_token IS NOT NULL"))
        .containsExactly("2001");
  }

  @ParameterizedTest
  @CsvSource({"off,on", "on,on", "local,local", "remote_apply,remote_apply"})
  void aCommitIsOnDiskWhateverTheDatabasesDefault(String ofDatabase, String ofOutbox)
      throws SQLException {
    update("ALTER DATABASE " + database + " SET synchronous_commit = " + ofDatabase);
    try (Connection connection = new PostgresDialect(settings(LEASE, WINDOW)).connect();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SHOW synchronous_commit")) {
      row.next();
      assertThat(row.getString(1)).isEqualTo(ofOutbox);
    }
  }

  @Test
  void aLeaseEndsInRealTime() {
    Outbox one = open(settings(Duration.ofMillis(300), WINDOW), Clock.systemUTC());
    append(one, "a");
    Claim first = claim(one, 1).get(0);
    Outbox other = anotherNode(one);
    List<Claim> later = new ArrayList<>();
    await().atMost(AT_MOST).until(() -> later.addAll(claim(other, 1)));
    assertThat(ids(later)).containsExactly("a");
    assertThat(first.isHeldFor(0)).isFalse();
  }

  private void killConnections() throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE datname = current_database() AND pid <> pg_backend_pid()");
    }
  }

  private static OutboxException failure(CompletableFuture<?> failed) {
    Throwable failure = failed.handle((unused, thrown) -> thrown).join();
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    assertThat(cause).isInstanceOf(OutboxException.class);
    return (OutboxException) cause;
  }

  @Test
  void aConnectionLostInATransactionFailsAllOfItAndTheOutboxWorksAgain() throws Exception {
    Outbox outbox = open();
    Hands hands = new Hands(10);
    outbox.listeners().register(ORDERS, hands);
    CompletableFuture<Integer> before;
    CompletableFuture<Integer> killer;
    CompletableFuture<Integer> after;
    try (Hold hold = new Hold(outbox)) {
      before = begin(outbox, event("before"));
      killer =
          outbox
              .access()
              .run(
                  (store, nowMillis) -> {
                    store.flush();
                    killConnections();
                    return 1;
                  });
      after = begin(outbox, event("after"));
    }
    assertThat(failure(before).isOfStore()).isTrue();
    assertThat(failure(killer).isOfStore()).isTrue();
    assertThat(failure(after).isOfStore()).isTrue();
    assertThat(stored()).isEmpty();
    assertThat(hands.room).hasValue(10);

    await().atMost(AT_MOST).until(() -> outbox.failure() == null);
    assertThat(append(outbox, "before", "after")).isEqualTo(2);
    await().atMost(AT_MOST).until(() -> hands.taken.size() == 2);
  }

  @Test
  void settlementsOutliveALostConnection() throws Exception {
    Outbox outbox = open();
    append(outbox, "a", "b");
    List<Claim> claims = claim(outbox, 2);
    killConnections();
    claims.get(0).settle(Settlement.DONE);
    claims.get(1).settle(new Settlement.Dead(letter(claims.get(1))));
    await().atMost(AT_MOST).until(() -> stored().isEmpty());
    assertThat(query("SELECT message_id FROM dead_letter")).containsExactly("b");
    await().atMost(AT_MOST).until(() -> outbox.failure() == null);
  }

  @Test
  void whatWasCommittedWithoutAnAnswerIsADuplicateWhenItIsSentAgain() throws Exception {
    Outbox outbox = open();
    append(outbox, "a");
    // As if the answer to the commit was lost, so that the sender was told of a failure.
    killConnections();
    await()
        .atMost(AT_MOST)
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(append(outbox, "a", "b")).isEqualTo(1));
    assertThat(stored()).containsExactly("a", "b");
  }
}
