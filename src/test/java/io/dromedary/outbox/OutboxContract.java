package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.MemoryCost;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.SqlDialect;
import io.dromedary.outbox.store.StoreInternals;
import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.SettableClock;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract of an outbox, tested on each database. */
@SuppressWarnings("try") // A hold is only opened and closed.
@Timeout(120)
abstract class OutboxContract {

  static final String ORDERS = "orders";
  static final Duration AT_MOST = Duration.ofSeconds(30);
  static final Duration LEASE = Duration.ofMinutes(2);
  static final Duration WINDOW = Duration.ofHours(24);
  static final Duration RETENTION = Duration.ofDays(30);
  static final Duration LONGEST_WAIT = Duration.ofMinutes(10);

  /** The clock of the outbox. The database may have another one. */
  final SettableClock clock = new SettableClock(Instant.ofEpochMilli(System.currentTimeMillis()));

  private final Deque<Outbox> open = new ArrayDeque<>();

  /** The URL of this test's own database. */
  abstract String url();

  /** Opens a connection in addition to those of the outbox, with auto-commit on. */
  abstract Connection connect() throws SQLException;

  /** Marks the schema with another version. */
  abstract void writeVersion(int version) throws SQLException;

  /** Returns another node on the same database, or the given one if there can be only one. */
  abstract Outbox anotherNode(Outbox first);

  /** Lets time pass for the store, which may use the clock of the database. */
  abstract void pass(Duration duration) throws SQLException;

  @AfterEach
  void close() {
    open.forEach(Outbox::close);
  }

  final OutboxSettings settings(Duration lease, Duration window) {
    return new OutboxSettings(url(), null, null, lease, window, 1_000_000, RETENTION, LONGEST_WAIT);
  }

  final Outbox open(OutboxSettings settings, Clock clock) {
    Outbox outbox = new Outbox(settings, clock);
    open.push(outbox);
    return outbox;
  }

  final Outbox open(Duration window) {
    return open(settings(LEASE, window), clock);
  }

  final Outbox open() {
    return open(WINDOW);
  }

  final OutboxEvent event(String id) {
    return new OutboxEvent(
        id, "track", clock.instant(), ("{\"id\":\"" + id + "\"}").getBytes(UTF_8));
  }

  /** Makes an event that cannot be stored, since it has no type. */
  @SuppressWarnings("NullAway")
  final OutboxEvent broken() {
    return new OutboxEvent("broken", null, clock.instant(), new byte[0]);
  }

  final CompletableFuture<Integer> begin(Outbox outbox, OutboxEvent... events) {
    try {
      return outbox.append(
          Arrays.stream(events).map(event -> new Append.Arrival(ORDERS, event)).toList(),
          List.of());
    } catch (OutboxException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  final int append(Outbox outbox, String... ids) {
    return join(begin(outbox, Stream.of(ids).map(this::event).toArray(OutboxEvent[]::new)));
  }

  static <T> T join(CompletableFuture<T> future) {
    try {
      return future.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  final List<Claim> claim(Outbox outbox, int most) {
    return join(new ClaimDue(outbox, ORDERS, ClaimDue.Wanted.of(most)).ask()).claims();
  }

  static List<String> ids(List<Claim> claims) {
    return claims.stream().map(claim -> claim.event().messageId()).toList();
  }

  /** Waits until the outbox has done all earlier operations. */
  final void settle(Outbox outbox) {
    long unused = join(outbox.access().run((store, nowMillis) -> nowMillis));
  }

  /** Returns each row as one text. */
  final List<String> query(String sql) {
    List<String> found = new ArrayList<>();
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        List<String> row = new ArrayList<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          row.add(rows.getString(i));
        }
        found.add(String.join("|", row));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return found;
  }

  final void update(String sql) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.executeUpdate(sql);
    }
  }

  final List<String> stored() {
    return query("SELECT message_id FROM outbox ORDER BY id");
  }

  /** Blocks the writer until it is closed, so that operations added meanwhile form one group. */
  static final class Hold implements AutoCloseable {
    private final CountDownLatch released = new CountDownLatch(1);
    private final CompletableFuture<Boolean> done;

    Hold(Outbox outbox) throws InterruptedException {
      CountDownLatch reached = new CountDownLatch(1);
      done =
          outbox
              .access()
              .run(
                  (store, nowMillis) -> {
                    reached.countDown();
                    try {
                      return released.await(AT_MOST.toSeconds(), TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      assertThat(reached.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    /** Lets the writer continue, even if its transaction fails. */
    void release() {
      released.countDown();
    }

    @Override
    public void close() {
      release();
      assertThat(join(done)).isTrue();
    }
  }

  // Appends

  @Test
  void anEventIsOnDiskWhenItsAppendIsDone() {
    Outbox outbox = open();
    CompletableFuture<List<String>> seen =
        begin(outbox, event("a"), event("b")).thenApply(count -> stored());
    assertThat(join(seen)).containsExactly("a", "b");
    outbox.close();
    assertThat(ids(claim(open(), 10))).containsExactly("a", "b");
  }

  @Test
  void anEventComesOutAsItWentIn() {
    Outbox outbox = open();
    OutboxEvent event =
        new OutboxEvent(
            "id",
            "page",
            clock.instant(),
            new byte[] {0, 1, -1},
            3,
            "{\"a\":1}",
            new byte[] {1, 0, -1});
    assertThat(join(begin(outbox, event))).isEqualTo(1);
    OutboxEvent out = claim(outbox, 1).get(0).event();
    assertThat(out).usingRecursiveComparison().isEqualTo(event);
  }

  @Test
  void whatWaitsTogetherSharesACommit() throws Exception {
    Outbox outbox = open();
    List<CompletableFuture<Integer>> appends = new ArrayList<>();
    CompletableFuture<List<Integer>> sizes;
    try (Hold hold = new Hold(outbox)) {
      for (int i = 0; i < 20; i++) {
        appends.add(begin(outbox, event("id" + i)));
      }
      sizes =
          outbox
              .access()
              .run(
                  (store, nowMillis) -> {
                    store.flush();
                    try (Statement statement = store.connection().createStatement();
                        ResultSet row = statement.executeQuery("SELECT count(*) FROM outbox")) {
                      row.next();
                      return List.of(row.getInt(1), stored().size());
                    }
                  });
    }
    // All events are written, and none of them is committed yet.
    assertThat(join(sizes)).containsExactly(20, 0);
    appends.forEach(append -> assertThat(join(append)).isEqualTo(1));
    assertThat(stored()).hasSize(20);
  }

  @Test
  void freshEventsAreHandedOnAsFarAsThereIsRoomAndTheRestIsDue() {
    Outbox outbox = open();
    Hands hands = new Hands(2);
    outbox.listeners().register(ORDERS, hands);
    append(outbox, "a", "b", "c", "d", "e");
    await().atMost(AT_MOST).until(() -> hands.taken.size() == 2);
    assertThat(ids(hands.taken)).containsExactly("a", "b");
    assertThat(hands.room).hasValue(0);
    assertThat(hands.told).hasPositiveValue();
    assertThat(ids(claim(outbox, 10))).containsExactly("c", "d", "e");
    assertThat(claim(outbox, 10)).isEmpty();
  }

  @Test
  void whoBlocksWhenItsAppendIsDoneDoesNotHoldUpTheEvents() {
    Outbox outbox = open();
    Hands hands = new Hands(10);
    outbox.listeners().register(ORDERS, hands);
    List<CompletableFuture<Void>> blocked = new ArrayList<>();
    // There are more routes than threads at the start.
    for (int i = 0; i < 8; i++) {
      CompletableFuture<Void> ended = new CompletableFuture<>();
      outbox.goOn(
          begin(outbox, event("id" + i)),
          (count, failed) -> {
            await().atMost(AT_MOST).until(() -> hands.taken.size() == 8);
            ended.complete(null);
          });
      blocked.add(ended);
    }
    blocked.forEach(OutboxContract::join);
    assertThat(hands.taken).hasSize(8);
  }

  @Test
  void aDestinationHasOneConsumer() {
    Outbox outbox = open();
    outbox.listeners().register(ORDERS, new Hands(1));
    assertThatThrownBy(() -> outbox.listeners().register(ORDERS, new Hands(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The outbox's destination orders has a consumer: expected one a context.");
  }

  @Test
  void aClosedOutboxRefuses() {
    Outbox outbox = open();
    outbox.close();
    assertThatThrownBy(() -> begin(outbox, event("a")).get(AT_MOST.toSeconds(), TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .rootCause()
        .isInstanceOf(OutboxException.class)
        .hasMessage("the outbox is closed");
    assertThatThrownBy(
            () ->
                new ClaimDue(outbox, ORDERS, ClaimDue.Wanted.of(1))
                    .ask()
                    .get(AT_MOST.toSeconds(), TimeUnit.SECONDS))
        .hasRootCauseMessage("the outbox is closed");
    assertThat(stored()).isEmpty();
  }

  @Test
  void everyAppendEndsAndWhatWasAcceptedIsThereWhenTheOutboxIsClosedMeanwhile() throws Exception {
    for (int round = 0; round < 10; round++) {
      String prefix = "r" + round + "-";
      Outbox outbox = open();
      Set<String> accepted = ConcurrentHashMap.newKeySet();
      AtomicInteger begun = new AtomicInteger();
      List<Thread> producers =
          IntStream.range(0, 4)
              .mapToObj(
                  t ->
                      new Thread(
                          () -> {
                            for (int i = 0; ; i++) {
                              String id = prefix + t + "-" + i;
                              begun.incrementAndGet();
                              try {
                                begin(outbox, event(id)).get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
                              } catch (ExecutionException e) {
                                return;
                              } catch (Exception e) {
                                accepted.add("an append that never ended: " + id);
                                return;
                              }
                              accepted.add(id);
                            }
                          }))
              .toList();
      producers.forEach(Thread::start);
      await().atMost(AT_MOST).until(() -> begun.get() > 20);
      outbox.close();
      for (Thread producer : producers) {
        producer.join();
      }
      assertThat(query("SELECT message_id FROM outbox WHERE message_id LIKE '" + prefix + "%'"))
          .containsAll(accepted);
    }
  }

  // Claims and settlements

  @Test
  void aClaimIsGivenOnceAmongMany() throws Exception {
    Outbox one = open();
    Outbox other = anotherNode(one);
    append(one, IntStream.range(0, 300).mapToObj(i -> "id" + i).toArray(String[]::new));
    List<String> claimed = java.util.Collections.synchronizedList(new ArrayList<>());
    List<Thread> claimers =
        IntStream.range(0, 6)
            .mapToObj(
                t ->
                    new Thread(
                        () -> {
                          // Nothing is settled, so an event found twice was claimed twice.
                          while (claimed.size() < 300) {
                            claimed.addAll(ids(claim(t % 2 == 0 ? one : other, 7)));
                          }
                        }))
            .toList();
    claimers.forEach(Thread::start);
    for (Thread claimer : claimers) {
      claimer.join();
    }
    assertThat(claimed).hasSize(300).doesNotHaveDuplicates();
  }

  @Test
  void theLongestDueIsClaimedFirst() throws Exception {
    Outbox outbox = open();
    append(outbox, "a", "b", "c");
    Instant now = clock.instant();
    int seconds = 40;
    for (Claim claim : claim(outbox, 10)) {
      claim.settle(new Settlement.Parked(now.plusSeconds(seconds -= 10), 1, null));
    }
    settle(outbox);
    assertThat(claim(outbox, 10)).isEmpty();
    pass(Duration.ofMinutes(1));
    assertThat(ids(claim(outbox, 1))).containsExactly("c");
    assertThat(ids(claim(outbox, 1))).containsExactly("b");
    assertThat(ids(claim(outbox, 1))).containsExactly("a");
  }

  @Test
  void whenTheNextIsDueIsToldWithWhatWasClaimed() throws Exception {
    Outbox outbox = open();
    append(outbox, "a");
    claim(outbox, 1).get(0).settle(new Settlement.Parked(clock.instant().plusSeconds(90), 1, null));
    settle(outbox);
    ClaimDue.Due due = join(new ClaimDue(outbox, ORDERS, ClaimDue.Wanted.of(1)).ask());
    assertThat(due.claims()).isEmpty();
    assertThat(due.nextMillis()).isBetween(60_000L, 90_000L);
    assertThat(join(new ClaimDue(outbox, "nobody", ClaimDue.Wanted.of(1)).ask()).nextMillis())
        .isGreaterThan(1L << 60);
  }

  @Test
  void whenAClaimThatCannotBeSettledIsDueIsToldToo() {
    Outbox outbox = open();
    append(outbox, "a");
    Claim claim = claim(outbox, 1).get(0);
    Object unused =
        join(
            outbox
                .access()
                .run(
                    (store, nowMillis) -> {
                      outbox.leases().leave(claim);
                      return nowMillis;
                    }));
    ClaimDue.Due due = join(new ClaimDue(outbox, ORDERS, ClaimDue.Wanted.of(1)).ask());
    assertThat(due.claims()).isEmpty();
    assertThat(due.nextMillis()).isBetween(1L, LEASE.toMillis());
  }

  @Test
  void aParkedEventComesBackWithWhatWasNoted() throws Exception {
    Outbox outbox = open();
    append(outbox, "a");
    claim(outbox, 1).get(0).settle(new Settlement.Parked(clock.instant(), 7, "{\"b\":2}"));
    settle(outbox);
    pass(Duration.ofSeconds(1));
    OutboxEvent again = claim(outbox, 1).get(0).event();
    assertThat(again.attempts()).isEqualTo(7);
    assertThat(again.progress()).isEqualTo("{\"b\":2}");
  }

  @Test
  void whatIsParkedMayBeHastened() throws Exception {
    Outbox outbox = open();
    append(outbox, "retry", "skipped", "later");
    Instant soon = clock.instant().plusSeconds(30);
    List<Claim> claims = claim(outbox, 3);
    claims.get(0).settle(new Settlement.Parked(soon, 1, null));
    claims.get(1).settle(new Settlement.Parked(soon, 0, null));
    claims.get(2).settle(new Settlement.Parked(soon.plusSeconds(600), 1, null));
    settle(outbox);
    assertThat(claim(outbox, 10)).isEmpty();

    outbox.hasten(ORDERS, Duration.ofMinutes(1));

    Set<String> due = new TreeSet<>();
    await().atMost(AT_MOST).until(() -> due.addAll(ids(claim(outbox, 10))) && due.size() == 2);
    assertThat(due).containsExactly("retry", "skipped");
    assertThat(claim(outbox, 10)).isEmpty();
  }

  @Test
  void onlyTheFirstSettlementCounts() {
    Outbox outbox = open();
    append(outbox, "a");
    Claim claim = claim(outbox, 1).get(0);
    claim.settle(Settlement.DONE);
    claim.settle(new Settlement.Dead(letter(claim)));
    settle(outbox);
    assertThat(stored()).isEmpty();
    assertThat(query("SELECT message_id FROM dead_letter")).isEmpty();
  }

  @Test
  void fewRetriesAreClaimedWhileFreshEventsWaitAndAllOtherwise() {
    Outbox outbox = open();
    OutboxEvent[] retries =
        IntStream.range(0, 10)
            .mapToObj(i -> new OutboxEvent("r" + i, "t", clock.instant(), new byte[9], 2, null))
            .toArray(OutboxEvent[]::new);
    join(begin(outbox, retries));
    append(outbox, IntStream.range(0, 6).mapToObj(i -> "f" + i).toArray(String[]::new));

    ClaimDue.Wanted some = new ClaimDue.Wanted(8, 6, 2, Long.MAX_VALUE);
    assertThat(ids(join(new ClaimDue(outbox, ORDERS, some).ask()).claims()))
        .containsExactly("f0", "f1", "f2", "f3", "f4", "f5", "r0", "r1");
    ClaimDue.Wanted rest = new ClaimDue.Wanted(8, 8, 8, Long.MAX_VALUE);
    ClaimDue.Due due = join(new ClaimDue(outbox, ORDERS, rest).ask());
    assertThat(ids(due.claims())).hasSize(8).allMatch(id -> id.startsWith("r"));
    assertThat(due.freshMillis()).isPositive();
    assertThat(due.retryMillis()).isZero();
  }

  @Test
  void noMoreIsClaimedThanThereIsMemoryFor() {
    Outbox outbox = open();
    byte[] body = new byte[30_000];
    OutboxEvent[] events =
        IntStream.range(0, 20)
            .mapToObj(i -> new OutboxEvent("m" + i, "track", clock.instant(), body))
            .toArray(OutboxEvent[]::new);
    join(begin(outbox, events));
    long cost = MemoryCost.of(events[0]);

    ClaimDue.Due due =
        join(new ClaimDue(outbox, ORDERS, new ClaimDue.Wanted(20, 20, 0, 3 * cost - 1_000)).ask());
    assertThat(ids(due.claims())).containsExactly("m0", "m1", "m2");
    assertThat(due.freshMillis()).isZero();
    // Even with hardly any memory, one event is claimed.
    due = join(new ClaimDue(outbox, ORDERS, new ClaimDue.Wanted(20, 20, 0, 1)).ask());
    assertThat(ids(due.claims())).containsExactly("m3");
    assertThat(claim(outbox, 20)).hasSize(16);
  }

  @Test
  void overdueIsWhatNobodyHasTaken() throws Exception {
    Outbox outbox = open();
    Hands hands = new Hands(1);
    outbox.listeners().register(ORDERS, hands);
    append(outbox, "handed on", "waits");
    await().atMost(AT_MOST).until(() -> hands.taken.size() == 1);
    pass(Duration.ofSeconds(50));
    List<Claim> claimed = claim(outbox, 1);
    assertThat(ids(claimed)).containsExactly("waits");
    hands.taken.addAll(claimed);
    await().atMost(AT_MOST).until(() -> outbox.figures().of(ORDERS).events() == 2);
    assertThat(outbox.figures().of(ORDERS).overdueMillis()).isZero();
    // The oldest event counts, whether it is claimed or not.
    assertThat(outbox.figures().of(ORDERS).oldestMillis()).isBetween(50_000.0, 110_000.0);
    assertThat(outbox.figures().sizeBytes()).isGreaterThan(8192);
  }

  // Failures

  @Test
  void workThatFailsCostsNoOther() throws Exception {
    Outbox outbox = open();
    append(outbox, "first");
    String id = query("SELECT id FROM outbox").get(0);
    CompletableFuture<Integer> before;
    CompletableFuture<Integer> broken;
    CompletableFuture<Integer> duplicate;
    CompletableFuture<Integer> after;
    try (Hold hold = new Hold(outbox)) {
      before = begin(outbox, event("before"));
      broken = begin(outbox, event("with the broken one"), broken());
      duplicate =
          outbox
              .access()
              .run(
                  (store, nowMillis) -> {
                    store.rows().insert(Long.parseLong(id), ORDERS, event("duplicate"), nowMillis);
                    return 1;
                  });
      after = begin(outbox, event("after"));
    }
    assertThat(join(before)).isEqualTo(1);
    assertThat(join(after)).isEqualTo(1);
    assertThatThrownBy(() -> join(broken)).hasRootCauseInstanceOf(NullPointerException.class);
    assertThatThrownBy(() -> join(duplicate)).hasRootCauseInstanceOf(SQLException.class);
    assertThat(stored()).containsExactly("first", "before", "after");
    assertThat(outbox.failure()).isNull();
  }

  /** Opens the outbox on a dialect that passes the name of each call to a listener first. */
  final Outbox open(Consumer<String> told) {
    OutboxSettings settings = settings(LEASE, WINDOW);
    SqlDialect real = SqlDialect.of(settings, clock);
    SqlDialect dialect =
        (SqlDialect)
            Proxy.newProxyInstance(
                SqlDialect.class.getClassLoader(),
                new Class<?>[] {SqlDialect.class},
                (proxy, method, arguments) -> {
                  told.accept(method.getName());
                  try {
                    return method.invoke(real, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    Outbox outbox = new Outbox(settings, clock, dialect, 2, 4);
    open.push(outbox);
    return outbox;
  }

  @Test
  void ofThousandsTheOneThatFailsIsFoundInADozenTransactions() throws Exception {
    AtomicInteger transactions = new AtomicInteger();
    Outbox outbox =
        open(
            called -> {
              if (called.equals("check") || called.equals("rollback")) {
                transactions.incrementAndGet();
              }
            });
    List<CompletableFuture<Integer>> good = new ArrayList<>();
    CompletableFuture<Integer> broken;
    try (Hold hold = new Hold(outbox)) {
      for (int i = 0; i < 1000; i++) {
        good.add(begin(outbox, event("before" + i)));
      }
      broken = begin(outbox, broken());
      for (int i = 0; i < 1000; i++) {
        good.add(begin(outbox, event("after" + i)));
      }
      transactions.set(0);
    }
    good.forEach(append -> assertThat(join(append)).isEqualTo(1));
    assertThatThrownBy(() -> join(broken)).hasRootCauseInstanceOf(NullPointerException.class);
    // Twice the binary logarithm of the number of events, and some for the upkeep meanwhile.
    assertThat(transactions.get()).isLessThan(40);
    assertThat(stored()).hasSize(2000);
  }

  /** Registers a listener of which one method throws an error. */
  private static void register(Outbox outbox, String method) {
    Hands hands = new Hands(100);
    outbox
        .listeners()
        .register(
            ORDERS,
            (ClaimListener)
                Proxy.newProxyInstance(
                    ClaimListener.class.getClassLoader(),
                    new Class<?>[] {ClaimListener.class},
                    (proxy, called, arguments) -> {
                      if (called.getName().equals(method)) {
                        throw new OutOfMemoryError("unable to create native thread: a test's");
                      }
                      return called.getName().equals("hashCode")
                          ? System.identityHashCode(proxy)
                          : called.getName().equals("equals")
                              ? proxy == arguments[0]
                              : called.invoke(hands, arguments);
                    }));
  }

  @ParameterizedTest
  @ValueSource(strings = {"reserve", "giveBack", "take", "due", "settled"})
  void whateverATakerThrowsEverybodyIsToldTheTruthAndNothingIsStuck(String method)
      throws Exception {
    Outbox outbox = open();
    append(outbox, "earlier", "parked");
    List<Claim> claims = claim(outbox, 2);
    register(outbox, method);
    CompletableFuture<Integer> before;
    CompletableFuture<Integer> broken;
    CompletableFuture<Integer> after;
    try (Hold hold = new Hold(outbox)) {
      before = begin(outbox, event("before"));
      claims.get(0).settle(Settlement.DONE);
      claims.get(1).settle(new Settlement.Parked(clock.instant(), 1, null));
      broken = begin(outbox, event("with the broken one"), broken());
      after = begin(outbox, event("after"));
    }
    assertThat(join(before)).isEqualTo(1);
    assertThat(join(after)).isEqualTo(1);
    assertThatThrownBy(() -> join(broken)).hasRootCauseInstanceOf(NullPointerException.class);
    assertThat(stored()).containsExactly("parked", "before", "after");
    assertThat(outbox.failure()).isNull();
    if (method.equals("take") || method.equals("reserve")) {
      Set<String> due = ConcurrentHashMap.newKeySet();
      await().atMost(AT_MOST).until(() -> due.addAll(ids(claim(outbox, 10))) && due.size() == 3);
    }
  }

  @Test
  void anInterruptIsNoEndOfTheWriter() {
    Outbox outbox = open();
    for (int i = 0; i < 3; i++) {
      join(
          outbox
              .access()
              .run(
                  (store, nowMillis) -> {
                    Thread.currentThread().interrupt();
                    return 1;
                  }));
      assertThat(append(outbox, "id" + i)).isEqualTo(1);
    }
    assertThat(outbox.failure()).isNull();
  }

  /** Each call fails once, even those of a rollback. */
  @ParameterizedTest
  @ValueSource(classes = {IllegalStateException.class, StackOverflowError.class})
  void whateverTheDatabaseThrowsTheWriterGoesOnAndTellsTheTruth(Class<? extends Throwable> kind)
      throws Exception {
    AtomicInteger left = new AtomicInteger(Integer.MAX_VALUE);
    Outbox outbox =
        open(
            called -> {
              // These calls are not made by the writer's thread.
              if (!Set.of("held", "isShared", "name", "close", "forgotten").contains(called)
                  && left.decrementAndGet() == 0) {
                throwAny(newInstance(kind));
              }
            });
    Set<String> accepted = new java.util.LinkedHashSet<>();
    Set<String> refused = new java.util.LinkedHashSet<>();
    for (int calls = 1; calls <= 25; calls++) {
      String id = "id" + calls;
      left.set(calls);
      CompletableFuture<Integer> broken = begin(outbox, broken());
      CompletableFuture<Integer> good = begin(outbox, event(id));
      assertThat(broken).failsWithin(AT_MOST);
      try {
        join(good);
        accepted.add(id);
      } catch (IllegalStateException e) {
        refused.add(id);
      }
      left.set(Integer.MAX_VALUE);
      await().atMost(AT_MOST).until(() -> outbox.failure() == null);
    }
    assertThat(stored()).containsAll(accepted).doesNotContainAnyElementsOf(refused);
    assertThat(accepted).isNotEmpty();
    assertThat(append(outbox, "last")).isEqualTo(1);
  }

  private static Throwable newInstance(Class<? extends Throwable> kind) {
    try {
      return kind.getConstructor(String.class).newInstance("a test's");
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void throwAny(Throwable thrown) throws T {
    throw (T) thrown;
  }

  @Test
  void workThatFailsAloneDoesNotMakeTheOutboxOneThatDoesNotWork() {
    Outbox outbox = open();
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> join(begin(outbox, broken())))
          .hasRootCauseInstanceOf(NullPointerException.class);
      assertThat(append(outbox, "id" + i)).isEqualTo(1);
    }
    assertThat(outbox.failure()).isNull();
  }

  @Test
  void aSettlementThatCannotBeStoredIsGivenUpAndTheEventComesAgain() throws Exception {
    Outbox outbox = open();
    Hands hands = new Hands(1);
    outbox.listeners().register(ORDERS, hands);
    append(outbox, "a");
    await().atMost(AT_MOST).until(() -> hands.taken.size() == 1);
    // So far ahead that the milliseconds exceed a long.
    hands.taken.get(0).settle(new Settlement.Parked(Instant.MAX, 1, null));
    await().atMost(AT_MOST).until(() -> hands.room.get() == 1);
    assertThat(append(outbox, "b")).isEqualTo(1);
    assertThat(outbox.failure()).isNull();
    pass(LEASE.plusSeconds(1));
    assertThat(ids(claim(outbox, 10))).contains("a");
  }

  @Test
  void anEventIsAtAllItsDestinationsOrAtNone() throws Exception {
    Outbox outbox = open();
    Append.Arrival one = new Append.Arrival("one", event("a"));
    Append.Arrival two = new Append.Arrival("two", event("a"));
    Append.Arrival broken = new Append.Arrival("three", broken());
    assertThatThrownBy(() -> join(outbox.append(List.of(one, two, broken), List.of())))
        .hasRootCauseInstanceOf(NullPointerException.class);
    assertThat(stored()).isEmpty();
    // The ids are not known, either: the same events are all accepted.
    assertThat(join(outbox.append(List.of(one, two), List.of()))).isEqualTo(2);
    assertThat(stored()).containsExactly("a", "a");
  }

  @Test
  void roomIsGivenBackWhenAnAppendFails() {
    Outbox outbox = open();
    Hands hands = new Hands(5);
    outbox.listeners().register(ORDERS, hands);
    assertThatThrownBy(() -> join(begin(outbox, event("a"), broken(), event("b"), event("c"))))
        .hasRootCauseInstanceOf(NullPointerException.class);
    assertThat(hands.room).hasValue(5);
    assertThat(hands.taken).isEmpty();
    append(outbox, "a");
    await().atMost(AT_MOST).until(() -> hands.taken.size() == 1);
    assertThat(stored()).containsExactly("a");
  }

  // De-duplication

  @Test
  void aMessageIdIsAcceptedOnce() {
    Outbox outbox = open();
    assertThat(append(outbox, "a", "b", "a")).isEqualTo(2);
    assertThat(append(outbox, "b", "c")).isEqualTo(1);
    assertThat(stored()).containsExactlyInAnyOrder("a", "b", "c");
  }

  @Test
  void aMessageIdIsAcceptedOnceADestination() throws Exception {
    Outbox outbox = open();
    Append.Arrival one = new Append.Arrival("one", event("a"));
    Append.Arrival two = new Append.Arrival("two", event("a"));
    assertThat(join(outbox.append(List.of(one, two, one), List.of()))).isEqualTo(2);
  }

  @Test
  void aMessageIdIsAcceptedOnceAcrossALifeAndAnotherAndByAllNodes() {
    Outbox first = open();
    append(first, "a");
    assertThat(append(anotherNode(first), "a")).isZero();
    first.close();
    assertThat(append(open(), "a", "b")).isEqualTo(1);
  }

  @Test
  void concurrentAppendsOfOneMessageIdStoreItOnce() throws Exception {
    Outbox one = open();
    Outbox other = anotherNode(one);
    AtomicInteger accepted = new AtomicInteger();
    List<Thread> producers =
        IntStream.range(0, 4)
            .mapToObj(
                t ->
                    new Thread(
                        () -> {
                          for (int i = 0; i < 25; i++) {
                            Outbox node = t % 2 == 0 ? one : other;
                            // In opposite orders, which must not make the nodes deadlock.
                            String[] ids = {"x" + i, "y" + i};
                            int count = t < 2 ? append(node, ids) : append(node, ids[1], ids[0]);
                            accepted.addAndGet(count);
                          }
                        }))
            .toList();
    producers.forEach(Thread::start);
    for (Thread producer : producers) {
      producer.join();
    }
    assertThat(accepted).hasValue(50);
    assertThat(stored()).hasSize(50).doesNotHaveDuplicates();
  }

  @Test
  void aMessageIdIsForgottenAfterTheWindow() throws Exception {
    Outbox outbox = open();
    append(outbox, "a");
    // It may be remembered for a 24th of the window longer.
    pass(WINDOW.plus(WINDOW.dividedBy(24)).plusSeconds(1));
    assertThat(append(outbox, "a")).isEqualTo(1);
  }

  @Test
  void withoutAWindowNothingIsADuplicate() {
    Outbox outbox = open(Duration.ZERO);
    assertThat(append(outbox, "a", "a")).isEqualTo(2);
    assertThat(append(outbox, "a")).isEqualTo(1);
    assertThat(query("SELECT count(*) FROM seen")).containsExactly("0");
  }

  @Test
  void aMessageIdWhoseAppendFailedIsNotKnown() throws Exception {
    Outbox outbox = open();
    CompletableFuture<Integer> failed;
    CompletableFuture<Integer> again;
    try (Hold hold = new Hold(outbox)) {
      failed = begin(outbox, event("a"), broken());
      again = begin(outbox, event("a"));
    }
    assertThatThrownBy(() -> join(failed)).hasRootCauseInstanceOf(NullPointerException.class);
    assertThat(join(again)).isEqualTo(1);
    assertThatThrownBy(() -> join(begin(outbox, event("b"), broken())))
        .hasRootCauseInstanceOf(NullPointerException.class);
    assertThat(append(outbox, "b")).isEqualTo(1);
    assertThat(stored()).containsExactly("a", "b");
  }

  // Dead letters

  final DeadLetter letter(Claim claim) {
    return new DeadLetter(
        claim.id(),
        claim.destination(),
        claim.event(),
        DeadLetter.Reason.REJECTED,
        "a \0 and a \ud800 and \ud83d\ude00",
        404,
        Instant.ofEpochMilli(1000),
        Instant.ofEpochMilli(2000),
        clock.instant(),
        "[{\"url\":\"http://one\"}]");
  }

  @Test
  void aDeadLetterHasAllThatIsKnown() {
    Outbox outbox = open();
    List<DeadLetter> told = new CopyOnWriteArrayList<>();
    outbox.listen(told::add);
    OutboxEvent event =
        new OutboxEvent(
            "i\0d \ud800", "t\0", Instant.ofEpochMilli(500), "body".getBytes(UTF_8), 4, "{}");
    assertThat(join(begin(outbox, event))).isEqualTo(1);
    Claim claim = claim(outbox, 1).get(0);
    claim.settle(new Settlement.Dead(letter(claim)));
    settle(outbox);
    assertThat(stored()).isEmpty();
    // A character that the database cannot store has become a replacement character.
    assertThat(
            query(
                "SELECT id, destination, message_id, type, accepted_at, attempts, reason, detail,"
                    + " last_status, first_attempt_at, last_attempt_at, dead_at, webhooks"
                    + " FROM dead_letter"))
        .containsExactly(
            claim.id()
                + "|orders|i\ufffdd ?|t\ufffd|500|4|rejected|a \ufffd and a ? and \ud83d\ude00|404"
                + "|1000|2000|"
                + clock.millis()
                + "|[{\"url\":\"http://one\"}]");
    await().atMost(AT_MOST).until(() -> told.size() == 1);
  }

  @Test
  void whatIsNoEventBecomesADeadLetterInTheSameCommit() throws Exception {
    Outbox outbox = open();
    DeadLetter invalid = invalid(clock.instant());
    int count =
        join(outbox.append(List.of(new Append.Arrival(ORDERS, event("a"))), List.of(invalid)));
    assertThat(count).isEqualTo(1);
    assertThat(query("SELECT reason, detail, last_status, webhooks FROM dead_letter"))
        .containsExactly("invalid|broken|null|null");
  }

  @Test
  void whatIsNoEventIsToldWithTheIdThatItHasInTheStore() throws Exception {
    Outbox outbox = open();
    List<DeadLetter> told = new CopyOnWriteArrayList<>();
    outbox.listen(told::add);
    join(outbox.append(List.of(), List.of(invalid(clock.instant()), invalid(clock.instant()))));
    await().atMost(AT_MOST).until(() -> told.size() == 2);
    assertThat(told)
        .extracting(letter -> Long.toString(letter.id()))
        .containsExactlyInAnyOrderElementsOf(query("SELECT id FROM dead_letter"));
  }

  private static DeadLetter invalid(Instant deadAt) {
    return new DeadLetter(
        0,
        ORDERS,
        new OutboxEvent("", "", deadAt, "{".getBytes(UTF_8)),
        DeadLetter.Reason.INVALID,
        "broken",
        null,
        null,
        null,
        deadAt,
        null);
  }

  @Test
  void deadLettersGoAfterTheirRetention() throws Exception {
    Outbox outbox = open();
    Instant now = clock.instant();
    List<DeadLetter> letters = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      letters.add(invalid(now.minus(RETENTION).minusSeconds(60)));
    }
    letters.add(invalid(now));
    join(outbox.append(List.of(), letters));
    outbox.close();
    open();
    await()
        .atMost(AT_MOST)
        .until(() -> query("SELECT count(*) FROM dead_letter").equals(List.of("1")));
    assertThat(query("SELECT dead_at FROM dead_letter"))
        .containsExactly(Long.toString(now.toEpochMilli()));
  }

  // Time

  @Test
  void whatCanOnlyBeDueByAWrongClockIsDueNowAndItsTakerIsTold() throws Exception {
    Outbox outbox = open();
    append(outbox, "far", "near", "parked", "parked ahead");
    // A route may park an event for longer than the retry window.
    Settlement.Parked days = new Settlement.Parked(clock.instant().plus(WINDOW), 1, null);
    claim(outbox, 10).stream().skip(2).forEach(claim -> claim.settle(days));
    settle(outbox);
    outbox.close();
    update(
        "UPDATE outbox SET parked_at = parked_at + "
            + Duration.ofHours(1).toMillis()
            + " WHERE message_id = 'parked ahead'");
    long ahead = clock.millis() + LONGEST_WAIT.plus(LEASE).plusMinutes(50).toMillis();
    update("UPDATE outbox SET due_at = " + ahead + " WHERE message_id = 'far'");
    long soon = clock.millis() + LONGEST_WAIT.toMillis();
    update("UPDATE outbox SET due_at = " + soon + " WHERE message_id = 'near'");

    Outbox again = open();
    Hands hands = new Hands(0);
    again.listeners().register(ORDERS, hands);
    await().atMost(AT_MOST).until(() -> hands.told.get() > 0);
    assertThat(ids(claim(again, 10))).containsExactlyInAnyOrder("far", "parked ahead");
  }

  @Test
  void aClockThatIsSetBackLosesNothing() throws Exception {
    Outbox outbox = open();
    append(outbox, "waits", "is held", "is done");
    List<Claim> claims = claim(outbox, 3);
    claims.get(0).settle(new Settlement.Parked(clock.instant().plusSeconds(5), 1, null));
    settle(outbox);
    clock.advance(Duration.ofHours(-1));
    claims.get(2).settle(Settlement.DONE);
    claims.get(1).settle(new Settlement.Parked(clock.instant(), 1, null));
    settle(outbox);
    assertThat(append(outbox, "waits", "new")).isEqualTo(1);
    clock.advance(Duration.ofHours(1));
    pass(Duration.ofSeconds(6));
    assertThat(ids(claim(outbox, 10))).containsExactlyInAnyOrder("waits", "is held", "new");
  }

  // Schema

  /** Creates version 1 of the schema. */
  final void createVersion1() throws Exception {
    String script =
        "/dromedary/outbox/"
            + (url().startsWith("jdbc:sqlite:") ? "sqlite" : "postgresql")
            + "-1.sql";
    try (InputStream in = Outbox.class.getResourceAsStream(script)) {
      String text = new String(in.readAllBytes(), UTF_8).replaceAll("--[^\n]*", "");
      for (String sql : text.split(";", -1)) {
        if (!sql.isBlank()) {
          update(sql);
        }
      }
    }
  }

  @Test
  void aStoreOfVersion1IsBroughtToThisOneWithAllItHas() throws Exception {
    createVersion1();
    writeVersion(1);
    String row =
        "INSERT INTO outbox (id, destination, message_id, type, accepted_at, due_at, attempts,"
            + " body) VALUES (";
    update(row + "-2, 'orders', 'tried', 'track', 0, 1, 3, '')");
    update(row + "-1, 'orders', 'fresh', 'track', 0, 2, 0, '')");

    Outbox outbox = open();
    assertThat(ids(claim(outbox, 1))).containsExactly("fresh");
    assertThat(ids(claim(outbox, 1))).containsExactly("tried");
    assertThat(append(outbox, "new")).isEqualTo(1);
    outbox.close();
    open();
  }

  @Test
  void aStoreOfALaterVersionIsRefused() throws Exception {
    open().close();
    writeVersion(99);
    assertThatThrownBy(this::open)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(
            "The outbox (webhooks.outbox.url) cannot be opened: The outbox has the schema version"
                + " 99, expected at most "
                + StoreInternals.SCHEMA_VERSION
                + ": it was written by a later version of Dromedary.");
    // The outbox that could not be opened holds no lock.
    writeVersion(StoreInternals.SCHEMA_VERSION);
    assertThat(append(open(), "a")).isEqualTo(1);
  }
}
