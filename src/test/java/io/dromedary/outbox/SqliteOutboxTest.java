package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.SqlDialect;
import io.dromedary.outbox.store.StoreInternals;
import io.dromedary.settings.OutboxSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the outbox on SQLite, with the guarantees that need a single process per file. */
@SuppressWarnings("try") // A hold is only opened and closed.
class SqliteOutboxTest extends OutboxContract {

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("data").resolve("outbox.db");
  }

  @Override
  String url() {
    return "jdbc:sqlite:" + file();
  }

  @Override
  Connection connect() throws SQLException {
    folder.resolve("data").toFile().mkdirs();
    Connection connection = DriverManager.getConnection(url());
    try (Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA busy_timeout = 10000");
    }
    return connection;
  }

  @Override
  void writeVersion(int version) throws SQLException {
    update("PRAGMA user_version = " + version);
  }

  @Override
  Outbox anotherNode(Outbox first) {
    return first;
  }

  @Override
  void pass(Duration duration) {
    clock.advance(duration);
  }

  @Test
  void aFolderThatIsNoneIsRefused() throws IOException {
    Files.writeString(folder.resolve("data"), "a file");
    assertThatThrownBy(this::open)
        .hasMessageStartingWith(
            "The outbox "
                + file()
                + " cannot be opened: expected a file in a folder that can be written to, found ");
  }

  /** Rows that are not due, or are in the other lane, must not cost anything. */
  @ParameterizedTest
  @EnumSource
  void aClaimReadsItsPartOfAnIndexInOrder(Lane lane) throws Exception {
    open().close();
    try (SqlDialect dialect = SqlDialect.of(settings(LEASE, WINDOW), clock)) {
      assertThat(query("EXPLAIN QUERY PLAN " + dialect.claim(lane).replace("?", "0")))
          .singleElement(as(STRING))
          .contains("SEARCH outbox USING INDEX outbox_" + lane.name().toLowerCase(Locale.ROOT));
    }
  }

  @Test
  void aStartTakesBackWhatItsFormerLifeHadClaimed() {
    Outbox former = open();
    Hands hands = new Hands(1);
    former.listeners().register(ORDERS, hands);
    append(former, "handed on", "claimed");
    assertThat(ids(claim(former, 10))).containsExactly("claimed");
    former.close();
    assertThat(ids(claim(open(), 10))).containsExactly("handed on", "claimed");
  }

  @Test
  void readingNeedsNoLockThatAWriterHas() throws Exception {
    Outbox outbox = open();
    append(outbox, "a");
    try (Connection other = connect();
        Statement statement = other.createStatement()) {
      statement.execute("BEGIN IMMEDIATE");
      assertThat(outbox.deadLetters().list(DeadLetterFilter.ALL, null, 10).deadLetters()).isEmpty();
      statement.execute("ROLLBACK");
    }
  }

  @Test
  void aConnectionToReadCannotWrite() throws Exception {
    Outbox outbox = open();
    append(outbox, "a");
    outbox.close();
    SqlDialect dialect = SqlDialect.of(settings(LEASE, WINDOW), clock);
    try (Connection reading = dialect.connectToRead();
        Statement statement = reading.createStatement()) {
      assertThatThrownBy(() -> statement.executeUpdate("DELETE FROM outbox"))
          .hasMessageContaining("readonly");
    } finally {
      dialect.close();
    }
    assertThat(ids(claim(open(), 10))).containsExactly("a");
  }

  @Test
  void aClaimLastsAsLongAsItsProcess() {
    Outbox outbox = open();
    append(outbox, "a");
    Claim claim = claim(outbox, 10).get(0);
    pass(Duration.ofDays(1));
    assertThat(claim(outbox, 10)).isEmpty();
    assertThat(claim.isHeldFor(LEASE.toNanos())).isTrue();
    claim.settle(Settlement.DONE);
    settle(outbox);
    assertThat(stored()).isEmpty();
  }

  @Test
  void whatIsParkedUntilAnInstantThatHasBeenPassedIsClaimedAgainAndNothingElse() {
    Outbox outbox = open();
    append(outbox, "a", "b", "c");
    List<Claim> claims = claim(outbox, 10);
    // All became due in the same millisecond, and the clock has not moved since.
    claims.get(1).settle(new Settlement.Parked(clock.instant(), 1, null));
    settle(outbox);
    assertThat(ids(claim(outbox, 10))).containsExactly("b");
    assertThat(claim(outbox, 10)).isEmpty();
  }

  @Test
  void aClaimWhoseTransactionFailsIsMadeAgain() throws Exception {
    Outbox outbox = open();
    append(outbox, "a", "b");
    CompletableFuture<ClaimDue.Due> due;
    CompletableFuture<Integer> broken;
    try (Hold hold = new Hold(outbox)) {
      due = new ClaimDue(outbox, ORDERS, ClaimDue.Wanted.of(10)).ask();
      broken = begin(outbox, broken());
    }
    assertThatThrownBy(() -> join(broken)).hasRootCauseInstanceOf(NullPointerException.class);
    assertThat(ids(join(due).claims())).containsExactly("a", "b");
    assertThat(claim(outbox, 10)).isEmpty();
  }

  @Test
  void whatIsClaimedIsNotInTheWayOfTheRest() {
    Outbox outbox = open();
    append(outbox, IntStream.range(0, 50).mapToObj(i -> "first" + i).toArray(String[]::new));
    List<Claim> first = claim(outbox, 50);
    append(outbox, "next");
    assertThat(ids(claim(outbox, 1))).containsExactly("next");
    first.forEach(claim -> claim.settle(new Settlement.Parked(clock.instant(), 1, null)));
    settle(outbox);
    assertThat(claim(outbox, 50)).hasSize(50);
    assertThat(claim(outbox, 50)).isEmpty();
  }

  @Test
  void aCommitReachesTheDisk() {
    Outbox outbox = open();
    String synchronous =
        join(
            outbox
                .access()
                .run(
                    (store, nowMillis) -> {
                      try (Statement statement = store.connection().createStatement();
                          var row = statement.executeQuery("PRAGMA synchronous")) {
                        row.next();
                        return row.getString(1);
                      }
                    }));
    assertThat(synchronous).isEqualTo("2");
    assertThat(query("PRAGMA journal_mode")).containsExactly("wal");
  }

  @Test
  void aFullFileStoresAllOfAnAppendOrNothing() {
    OutboxSettings settings = settings(LEASE, WINDOW);
    OutboxSettings bounded =
        new OutboxSettings(
            url() + "?max_page_count=100",
            null,
            null,
            LEASE,
            WINDOW,
            settings.dedupMost(),
            settings.retention(),
            settings.longestWait());
    Outbox outbox = open(bounded, clock);
    int accepted = 0;
    for (int part = 0, refused = 0; refused < 3; part++) {
      byte[] body = new byte[3000];
      String prefix = part + "-";
      OutboxEvent[] events =
          IntStream.range(0, 8)
              .mapToObj(i -> new OutboxEvent(prefix + i, "track", clock.instant(), body))
              .toArray(OutboxEvent[]::new);
      try {
        accepted += begin(outbox, events).get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
      } catch (Exception e) {
        refused++;
        // Settlements, which make room, are written although the file is full.
        claim(outbox, 2).forEach(claim -> claim.settle(Settlement.DONE));
        settle(outbox);
        accepted -= 2;
      }
    }
    assertThat(accepted).isPositive();
    assertThat(stored()).hasSize(accepted);
  }

  @Test
  void aDiskThatIsNearlyFullDeliversAndTakesEventsAgainLater() throws Exception {
    AtomicLong usable = new AtomicLong(16 << 20);
    OutboxSettings settings = settings(LEASE, WINDOW);
    SqlDialect dialect = StoreInternals.sqlite(settings, clock, 16 << 20, usable::get);
    try (Outbox outbox = new Outbox(settings, clock, dialect, 1, 4)) {
      append(outbox, "a", "b", "c", "d");
      Path ballast = file().resolveSibling("outbox.db.ballast");
      await().atMost(AT_MOST).until(() -> Files.exists(ballast) && Files.size(ballast) == 2 << 20);

      usable.set(1 << 20);
      assertThatThrownBy(() -> append(outbox, "e"))
          .hasStackTraceContaining("the disk has 1024 KiB left: events are refused until there is");
      await()
          .atMost(AT_MOST)
          .untilAsserted(() -> assertThat(outbox.failure()).contains("deliveries go on"));
      List<Claim> claims = claim(outbox, 10);
      assertThat(ids(claims)).containsExactly("a", "b", "c", "d");
      claims.get(0).settle(Settlement.DONE);
      claims.get(1).settle(dead(claims.get(1)));
      // Nothing is written, so the row is unchanged.
      claims.get(2).settle(new Settlement.Parked(clock.instant(), 7, "progress"));
      claims.get(3).settle(new Settlement.Parked(clock.instant().plusSeconds(60), 7, "progress"));
      settle(outbox);
      assertThat(query("SELECT message_id, attempts FROM outbox ORDER BY id"))
          .containsExactly("c|0", "d|0");
      assertThat(query("SELECT message_id FROM dead_letter")).containsExactly("b");
      List<Claim> again = claim(outbox, 10);
      assertThat(ids(again)).containsExactly("c");
      assertThat(again.get(0).event().attempts()).isEqualTo(7);
      again.get(0).settle(Settlement.DONE);

      usable.set(4 << 20);
      await().atMost(AT_MOST).until(() -> outbox.failure() == null);
      assertThat(append(outbox, "e", "a")).isEqualTo(1);
      assertThat(stored()).containsExactly("d", "e");
    }
  }

  /** At the limit of the database's size, dead letters still find room, and none is lost. */
  @ParameterizedTest
  @ValueSource(ints = {250, 4000})
  void whatIsGivenUpWhileTheFileMayNotGrowIsADeadLetter(int bytes) throws Exception {
    OutboxSettings bounded =
        new OutboxSettings(
            url() + "?max_page_count=400",
            null,
            null,
            LEASE,
            WINDOW,
            1_000_000,
            RETENTION,
            LONGEST_WAIT);
    Outbox outbox = open(bounded, clock);
    int accepted = 0;
    while (true) {
      OutboxEvent[] events = new OutboxEvent[10];
      for (int i = 0; i < events.length; i++) {
        events[i] =
            new OutboxEvent("m" + (accepted + i), "track", clock.instant(), new byte[bytes]);
      }
      try {
        accepted += begin(outbox, events).get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        break;
      }
    }
    List<Claim> claims = claim(outbox, accepted);
    assertThat(claims).hasSize(accepted);
    for (int i = 0; i < accepted; i++) {
      claims.get(i).settle(i % 3 == 0 ? Settlement.DONE : dead(claims.get(i)));
    }
    await().atMost(AT_MOST).until(() -> stored().isEmpty());
    assertThat(query("SELECT count(*) FROM dead_letter"))
        .containsExactly(Integer.toString(accepted - (accepted + 2) / 3));
  }

  private Settlement dead(Claim claim) {
    return new Settlement.Dead(
        new DeadLetter(
            claim.id(),
            ORDERS,
            claim.event(),
            DeadLetter.Reason.REJECTED,
            "answered 400",
            400,
            clock.instant(),
            clock.instant(),
            clock.instant(),
            null));
  }

  @Test
  void fileSpaceIsGivenBackAfterABacklog() throws Exception {
    Outbox outbox = open();
    byte[] body = new byte[20_000];
    for (int i = 0; i < 20; i++) {
      int part = i;
      join(
          begin(
              outbox,
              IntStream.range(0, 50)
                  .mapToObj(j -> new OutboxEvent(part + "-" + j, "track", clock.instant(), body))
                  .toArray(OutboxEvent[]::new)));
    }
    long full = pages();
    claim(outbox, 1000).forEach(claim -> claim.settle(Settlement.DONE));
    settle(outbox);
    assertThat(stored()).isEmpty();
    assertThat(full).isGreaterThan(4000);
    await().atMost(AT_MOST).until(() -> pages() < full / 3);
  }

  private long pages() {
    return Long.parseLong(query("PRAGMA page_count").get(0));
  }
}
