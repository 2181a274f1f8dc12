package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetterGroup;
import io.dromedary.outbox.deadletter.DeadLetterStatements;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.deadletter.DeadLetters.Page;
import io.dromedary.outbox.deadletter.DeadLetters.Place;
import io.dromedary.outbox.deadletter.ReplayProgress;
import io.dromedary.outbox.deadletter.Replays;
import io.dromedary.outbox.deadletter.Replays.Standing;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.ReplayRows;
import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.SettableClock;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract of dead letters, tested on each store. */
@Timeout(60)
abstract class DeadLettersContract {

  static final Instant START = Instant.parse("2026-01-02T03:04:05.678Z");

  static final Duration AT_MOST = Duration.ofSeconds(20);

  private static final String VALID = "{\"a\":1}";

  final SettableClock clock = new SettableClock(Instant.now());
  Outbox outbox;

  /** The URL of a store that is empty at the first call of a test. */
  abstract String url();

  Outbox open() {
    return new Outbox(settings(url()), clock);
  }

  static OutboxSettings settings(String url) {
    return new OutboxSettings(
        url,
        null,
        null,
        Duration.ofMinutes(2),
        Duration.ofHours(24),
        1000,
        Duration.ofDays(3650),
        Duration.ofHours(4));
  }

  @BeforeEach
  void start() throws Exception {
    outbox = open();
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              try (Statement clear = store.connection().createStatement()) {
                clear.execute("DELETE FROM outbox");
                return clear.execute("DELETE FROM dead_letter");
              }
            })
        .join();
  }

  @AfterEach
  void stop() {
    outbox.close();
  }

  private DeadLetters letters() {
    return outbox.deadLetters();
  }

  static DeadLetter letter(Reason reason, String type, String messageId, Instant deadAt) {
    return new DeadLetter(
        0,
        "default",
        new OutboxEvent(messageId, type, START, VALID.getBytes(UTF_8), 7, null),
        reason,
        "the detail of " + messageId,
        reason == Reason.REJECTED ? 400 : null,
        reason == Reason.INVALID ? null : START,
        reason == Reason.INVALID ? null : deadAt,
        deadAt,
        reason == Reason.INVALID ? null : "[{\"state\":\"failed\"}]");
  }

  private void keep(DeadLetter... kept) {
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              for (DeadLetter each : kept) {
                DeadLetterStatements.insert(store, store.takeId(), each);
              }
              return kept.length;
            })
        .join();
  }

  /** Stores a dead letter of each kind, a second apart. */
  private void keepSome() {
    keep(
        letter(Reason.REJECTED, "track", "m-0", START),
        letter(Reason.EXPIRED, "page", "m-1", START.plusSeconds(1)),
        letter(Reason.REJECTED, "page", "m-2", START.plusSeconds(2)),
        letter(Reason.INVALID, "", "m-3", START.plusSeconds(3)));
  }

  private void keepMany(int count) {
    // Three of them died at each instant.
    keep(
        IntStream.range(0, count)
            .mapToObj(i -> letter(Reason.EXPIRED, "track", "m-" + i, START.plusMillis(i / 3)))
            .toArray(DeadLetter[]::new));
  }

  static DeadLetterFilter filter(
      @Nullable Reason reason, @Nullable String type, @Nullable String messageId) {
    return new DeadLetterFilter(
        new EventFilter(null, type, messageId, null, null, null, Set.of()),
        reason,
        null,
        null,
        null);
  }

  private List<String> ids(DeadLetterFilter filter) throws OutboxException {
    return ids(letters().list(filter, null, 1000));
  }

  private static List<String> ids(Page page) {
    return page.deadLetters().stream().map(letter -> letter.event().messageId()).toList();
  }

  record Row(
      long id,
      String destination,
      String messageId,
      String type,
      long acceptedAt,
      long dueAt,
      int attempts,
      @Nullable String progress,
      String body) {}

  /** Returns the rows of the outbox in the order of their due times. */
  private List<Row> rows() throws Exception {
    List<Row> rows = new ArrayList<>();
    try (Connection connection = outbox.access().connect();
        Statement statement = connection.createStatement();
        ResultSet found =
            statement.executeQuery(
                "SELECT id, destination, message_id, type, accepted_at, due_at,"
                    + " attempts, progress, body FROM outbox ORDER BY due_at, id")) {
      while (found.next()) {
        rows.add(
            new Row(
                found.getLong(1),
                found.getString(2),
                found.getString(3),
                found.getString(4),
                found.getLong(5),
                found.getLong(6),
                found.getInt(7),
                found.getString(8),
                new String(found.getBytes(9), UTF_8)));
      }
    }
    return rows;
  }

  private long nowMillis() {
    return outbox.access().run((store, nowMillis) -> nowMillis).join();
  }

  @Test
  void whatIsKeptIsListedWholeTheLatestFirst() throws Exception {
    keepSome();

    Page page = letters().list(DeadLetterFilter.ALL, null, 10);

    assertThat(page.next()).isNull();
    assertThat(page.deadLetters())
        .extracting(each -> each.toJson().replaceFirst("\"id\":\\d+,", ""))
        .containsExactly(
            letter(Reason.INVALID, "", "m-3", START.plusSeconds(3)).toJson(),
            letter(Reason.REJECTED, "page", "m-2", START.plusSeconds(2)).toJson(),
            letter(Reason.EXPIRED, "page", "m-1", START.plusSeconds(1)).toJson(),
            letter(Reason.REJECTED, "track", "m-0", START).toJson());
  }

  @Test
  void theyAreCountedByReason() throws Exception {
    assertThat(letters().count(DeadLetterFilter.ALL)).isEmpty();

    keepSome();

    assertThat(letters().count(DeadLetterFilter.ALL))
        .isEqualTo(Map.of(Reason.REJECTED, 2L, Reason.EXPIRED, 1L, Reason.INVALID, 1L));
    assertThat(letters().count(filter(null, "page", null)))
        .isEqualTo(Map.of(Reason.REJECTED, 1L, Reason.EXPIRED, 1L));
  }

  @Test
  void aFilterIsOfEverythingThatItNames() throws Exception {
    keepSome();
    long second = letters().list(DeadLetterFilter.ALL, null, 4).deadLetters().get(1).id();

    assertThat(ids(filter(Reason.REJECTED, null, null))).containsExactly("m-2", "m-0");
    assertThat(ids(filter(Reason.TRANSFORM, null, null))).isEmpty();
    assertThat(ids(filter(null, "page", null))).containsExactly("m-2", "m-1");
    assertThat(ids(filter(null, null, "m-1"))).containsExactly("m-1");
    assertThat(ids(filter(Reason.REJECTED, "page", null))).containsExactly("m-2");
    assertThat(ids(filter(null, null, "m-1' OR '1'='1"))).isEmpty();
    assertThat(ids(of("default", null, null, Set.of()))).hasSize(4);
    assertThat(ids(of("other", null, null, Set.of()))).isEmpty();
    assertThat(ids(of(null, null, null, Set.of(second, 999_999L)))).containsExactly("m-2");
    assertThat(ids(of(null, START.plusSeconds(1), START.plusSeconds(3), Set.of())))
        .containsExactly("m-2", "m-1");
  }

  private static DeadLetterFilter of(
      @Nullable String destination,
      @Nullable Instant since,
      @Nullable Instant until,
      Set<Long> ids) {
    return new DeadLetterFilter(
        new EventFilter(destination, null, null, null, since, until, ids), null, null, null, null);
  }

  @Test
  void pagesHaveEachOnceThoughSomeDiedAtTheSameInstant() throws Exception {
    keepMany(25);

    List<String> all = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    Place next = null;
    do {
      Page page = letters().list(DeadLetterFilter.ALL, next, 5);
      sizes.add(page.deadLetters().size());
      all.addAll(ids(page));
      next = page.next();
    } while (next != null);

    assertThat(sizes).containsExactly(5, 5, 5, 5, 5);
    assertThat(all).isEqualTo(IntStream.range(0, 25).mapToObj(i -> "m-" + (24 - i)).toList());
  }

  @Test
  void aPageHasAThousandAtTheMost() throws Exception {
    keepMany(1001);

    Page page = letters().list(DeadLetterFilter.ALL, null, 5000);

    assertThat(page.deadLetters()).hasSize(1000);
    assertThat(ids(letters().list(DeadLetterFilter.ALL, page.next(), 5000))).containsExactly("m-0");
  }

  @Test
  void aPageEndsBehindEightMebibytes() throws Exception {
    byte[] long1 = new byte[5 << 20];
    Arrays.fill(long1, (byte) 'x');
    DeadLetter letter =
        new DeadLetter(
            0,
            "default",
            new OutboxEvent("m", "", START, long1),
            Reason.INVALID,
            "long",
            null,
            null,
            null,
            START,
            null);
    keep(letter, letter, letter);

    Page page = letters().list(DeadLetterFilter.ALL, null, 10);

    assertThat(page.deadLetters()).hasSize(2);
    assertThat(letters().list(DeadLetterFilter.ALL, page.next(), 10).deadLetters()).hasSize(1);
  }

  @Test
  void aReplayedOneIsAnEventAgainThatNobodyHasTriedToDeliver() throws Exception {
    keepSome();
    long id = letters().list(filter(null, null, "m-1"), null, 1).deadLetters().get(0).id();
    long before = nowMillis();

    Replays.Started replay = outbox.replays().start(filter(Reason.EXPIRED, null, null), 100, 100);

    assertThat(replay).isEqualTo(new Replays.Started(1, 0, replay.id()));
    assertThat(ids(DeadLetterFilter.ALL)).containsExactly("m-3", "m-2", "m-0");
    List<Row> rows = rows();
    assertThat(rows).hasSize(1);
    long due = rows.get(0).dueAt();
    assertThat(due).isBetween(before, nowMillis());
    assertThat(rows)
        .containsExactly(
            new Row(id, "default", "m-1", "page", due, due, 0, rows.get(0).progress(), VALID));
    // The previous dead letter, in case the replay is stopped.
    assertThat(rows.get(0).progress()).startsWith("{\"replayed\":{\"reason\":\"expired\",");
  }

  @Test
  void whatIsNotDueYetIsTheSameDeadLetterAgainWhenAReplayIsStopped() throws Exception {
    keepSome();
    List<String> before = json(letters().list(filter(null, null, null), null, 10));
    Long id = outbox.replays().start(DeadLetterFilter.ALL, 1, 100).id();

    Long restored = outbox.replays().stop(id);

    assertThat(restored).isEqualTo(2);
    assertThat(rows()).extracting(Row::messageId).containsExactly("m-0");
    List<String> after = json(letters().list(DeadLetterFilter.ALL, null, 10));
    assertThat(after).isEqualTo(before.subList(0, 3));
    ReplayProgress replay = outbox.replays().get(id);
    assertThat(replay.state()).isEqualTo("stopping");
    assertThat(replay.stoppedAt()).isNotNull();
    assertThat(List.of(replay.events(), replay.waiting(), replay.restored(), replay.delivered()))
        .containsExactly(3L, 1L, 2L, 0L);
    outbox.pendingEvents().delete(PendingFilter.ALL);
    assertThat(outbox.replays().get(id).state()).isEqualTo("stopped");
    assertThat(outbox.replays().get(id).deleted()).isEqualTo(1);
    assertThat(outbox.replays().stop(id)).isZero();
    assertThat(outbox.replays().stop(id + 1)).isNull();
  }

  @Test
  void aReplayWhoseProcessHasEndedPutsNothingBackAndIsFinished() throws Exception {
    keepSome();
    long id = outbox.replays().start(filter(Reason.EXPIRED, null, null), 100, 100).id();
    // The process ended long ago, and did not say that this was all.
    update("UPDATE replay SET adding_until = 1 WHERE id = " + id);
    outbox.pendingEvents().delete(PendingFilter.ALL);
    boolean survives = outbox.dialect().isDurable();
    outbox.close();

    outbox = open();

    if (!survives) {
      // A replay in memory ends with its process, as its events do.
      assertThat(outbox.replays().get(id)).isNull();
      return;
    }
    await().atMost(AT_MOST).until(() -> outbox.replays().get(id).state().equals("finished"));
    assertThat(outbox.replays().standing(id - 1, Set.of()))
        .containsExactly(new Standing(id, false));
    assertThat(
            outbox
                .access()
                .run((store, now) -> ReplayRows.goesOn(store.connection(), id, now))
                .join())
        .isFalse();
  }

  @Test
  void aReplayGoesOnUntilItsLastPieceIsPutBack() throws Exception {
    keepSome();
    long id = outbox.replays().start(filter(Reason.EXPIRED, null, null), 100, 100).id();
    assertThat(outbox.replays().standing(id - 1, Set.of())).containsExactly(new Standing(id, true));
    update("UPDATE replay SET adding_until = " + Long.MAX_VALUE + " WHERE id = " + id);
    outbox.pendingEvents().delete(PendingFilter.ALL);

    // All events are done, but it may put back more.
    assertThat(outbox.replays().get(id).state()).isEqualTo("running");
    assertThat(outbox.replays().standing(id, Set.of(id))).containsExactly(new Standing(id, true));
    assertThat(
            outbox
                .access()
                .run((store, now) -> ReplayRows.goesOn(store.connection(), id, now))
                .join())
        .isTrue();
  }

  private void update(String sql) {
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              try (Statement update = store.connection().createStatement()) {
                return update.executeUpdate(sql);
              }
            })
        .join();
  }

  private static List<String> json(Page page) {
    return page.deadLetters().stream().map(DeadLetter::toJson).toList();
  }

  @Test
  void theyAreToldInGroups() throws Exception {
    keepSome();

    assertThat(letters().groups(DeadLetterFilter.ALL))
        .containsExactly(
            new DeadLetterGroup(
                Reason.REJECTED, "default", "", "400", 2, START, START.plusSeconds(2)),
            group(Reason.INVALID, START.plusSeconds(3)),
            group(Reason.EXPIRED, START.plusSeconds(1)));
    assertThat(letters().groups(filter(Reason.EXPIRED, null, null))).hasSize(1);
  }

  private static DeadLetterGroup group(Reason reason, Instant at) {
    return new DeadLetterGroup(reason, "default", "", "none", 1, at, at);
  }

  @Test
  void anInvalidOneIsRefusedAndStays() throws Exception {
    keepSome();

    assertReplayed(outbox.replays().start(DeadLetterFilter.ALL, 100, 100), 3, 1);
    assertReplayed(outbox.replays().start(DeadLetterFilter.ALL, 100, 100), 0, 1);

    assertThat(ids(DeadLetterFilter.ALL)).containsExactly("m-3");
    assertThat(rows()).extracting(Row::messageId).containsExactlyInAnyOrder("m-0", "m-1", "m-2");
  }

  @Test
  void noMoreBecomeDueInASecondThanTheRate() throws Exception {
    keepMany(1234);

    assertReplayed(outbox.replays().start(DeadLetterFilter.ALL, 100, 10_000), 1234, 0);

    List<Row> rows = rows();
    assertThat(rows).hasSize(1234).allMatch(row -> row.acceptedAt() == row.dueAt());
    for (int i = 100; i < rows.size(); i++) {
      assertThat(rows.get(i).dueAt() - rows.get(i - 100).dueAt()).isGreaterThanOrEqualTo(1000);
    }
    assertThat(rows.get(1233).dueAt() - rows.get(0).dueAt()).isBetween(12_330L, 20_000L);
  }

  @Test
  void aLimitTakesTheOldest() throws Exception {
    keepMany(1200);

    assertReplayed(outbox.replays().start(DeadLetterFilter.ALL, 1000, 700), 700, 0);

    assertThat(letters().count(DeadLetterFilter.ALL)).isEqualTo(Map.of(Reason.EXPIRED, 500L));
    assertThat(ids(DeadLetterFilter.ALL)).contains("m-700", "m-1199").doesNotContain("m-699");
  }

  private static void assertReplayed(Replays.Started replay, long replayed, long refused) {
    Long id = replay.id();
    assertThat(id == null).isEqualTo(replayed == 0);
    assertThat(replay).isEqualTo(new Replays.Started(replayed, refused, id));
  }

  /** Later due times would look as if written with a wrong clock, and would be corrected. */
  @Test
  void noMoreAreReplayedThanBecomeDueWithinTheWindow() throws Exception {
    keepMany(14_500);

    assertReplayed(outbox.replays().start(DeadLetterFilter.ALL, 1, 100_000), 14_400, 0);

    assertThat(letters().count(DeadLetterFilter.ALL)).isEqualTo(Map.of(Reason.EXPIRED, 100L));
  }

  @Test
  void anEventIsReplayedThoughItsMessageIdIsKnown() throws Exception {
    OutboxEvent event = new OutboxEvent("m-0", "track", START, VALID.getBytes(UTF_8));
    assertThat(outbox.append(List.of(new Append.Arrival("other", event)), List.of()).join())
        .isEqualTo(1);
    keepSome();

    outbox.replays().start(filter(null, null, "m-0"), 100, 100);

    assertThat(rows()).extracting(Row::destination).containsExactlyInAnyOrder("other", "default");
  }

  @Test
  void aReplayedEventIsStillTraced() throws Exception {
    byte[] trace = {1, 0, -1};
    DeadLetter letter = letter(Reason.REJECTED, "track", "m-0", START);
    OutboxEvent event = letter.event().tracedBy(trace);
    keep(
        new DeadLetter(
            0, "default", event, letter.reason(), "", 400, START, START, START, letter.webhooks()));

    outbox.replays().start(DeadLetterFilter.ALL, 100, 100);

    CompletableFuture<byte[]> found =
        outbox
            .access()
            .run(
                (store, nowMillis) -> {
                  try (Statement query = store.connection().createStatement();
                      ResultSet row = query.executeQuery("SELECT trace FROM outbox")) {
                    row.next();
                    return row.getBytes(1);
                  }
                });
    assertThat(found.join()).isEqualTo(trace);
  }

  @Test
  void whoTakesTheEventsIsToldOfThem() throws Exception {
    AtomicInteger told = new AtomicInteger();
    outbox.listeners().register("default", new IdleTaker(told));
    keepSome();

    outbox.replays().start(filter(Reason.TRANSFORM, null, null), 100, 100);
    assertThat(told).hasValue(0);
    outbox.replays().start(filter(Reason.REJECTED, null, null), 100, 100);
    assertThat(told).hasValue(1);
  }

  private record IdleTaker(AtomicInteger told) implements ClaimListener {
    @Override
    public int reserve(List<OutboxEvent> wanted) {
      return 0;
    }

    @Override
    public void giveBack(List<OutboxEvent> reserved) {}

    @Override
    public boolean mayWait(long bytes) {
      return true;
    }

    @Override
    public void paused(Claim claim) {}

    @Override
    public void resumed(Claim claim) {}

    @Override
    public void take(List<Claim> claims) {}

    @Override
    public void due() {
      told.incrementAndGet();
    }

    @Override
    public void settled(Claim claim, Settlement settlement) {}
  }

  @Test
  void whatIsDeletedIsGone() throws Exception {
    keepMany(1200);
    keepSome();

    assertThat(letters().delete(filter(Reason.EXPIRED, "track", null))).isEqualTo(1200);

    assertThat(ids(DeadLetterFilter.ALL)).containsExactly("m-3", "m-2", "m-1", "m-0");
    assertThat(letters().delete(DeadLetterFilter.ALL)).isEqualTo(4);
    assertThat(letters().count(DeadLetterFilter.ALL)).isEmpty();
    assertThat(rows()).isEmpty();
  }

  @Test
  void aRestartKeepsDeadLettersAndWhatWasReplayed() throws Exception {
    keepSome();
    outbox.replays().start(filter(Reason.REJECTED, null, null), 100, 100);
    outbox.close();

    outbox = open();

    boolean survives = outbox.dialect().isDurable();
    assertThat(ids(DeadLetterFilter.ALL)).isEqualTo(survives ? List.of("m-3", "m-1") : List.of());
    assertThat(rows())
        .extracting(Row::messageId)
        .containsExactlyInAnyOrderElementsOf(survives ? List.of("m-0", "m-2") : List.of());
  }

  @Test
  void whatTakesTooLongToReadIsGivenUp() throws Exception {
    keepMany(50_000);
    DeadLetters impatient =
        new DeadLetters(outbox.access(), outbox.pendingEvents(), letter -> {}, Duration.ofNanos(1));

    // The first events may be delivered before the query.
    await()
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> impatient.count(filter(null, "%", null)))
                    .isInstanceOf(OutboxException.class)
                    .hasMessage(
                        "the dead letters could not be read within 0 s: narrow them down, by since"
                            + " and until"));
  }

  @Test
  void aStoreThatIsClosedIsSaid() throws Exception {
    keepSome();
    outbox.close();

    assertThatThrownBy(() -> outbox.replays().start(DeadLetterFilter.ALL, 100, 100))
        .isInstanceOf(OutboxException.class)
        .hasMessageStartingWith("the outbox is closed");
  }
}
