package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.SettableClock;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests which events of a destination are taken into memory, and which of them start. */
@Timeout(120)
class ClaimQueueTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);
  private static final String ORDERS = "orders";

  @TempDir Path folder;
  private final SettableClock clock =
      new SettableClock(Instant.ofEpochMilli(System.currentTimeMillis()));
  private final List<Claim> started = new CopyOnWriteArrayList<>();
  private final AtomicBoolean isEnded = new AtomicBoolean();
  private final AtomicInteger limit = new AtomicInteger(Integer.MAX_VALUE);
  private Outbox outbox;
  private ClaimQueue queue;

  @BeforeEach
  void open() {
    OutboxSettings settings =
        new OutboxSettings(
            "jdbc:sqlite:" + folder.resolve("outbox.db"),
            null,
            null,
            Duration.ofMinutes(2),
            Duration.ZERO,
            1000,
            Duration.ofDays(30),
            Duration.ofHours(4));
    outbox = new Outbox(settings, clock);
  }

  @AfterEach
  void close() throws InterruptedException {
    queue.end();
    outbox.close();
  }

  private void begin(int inFlight) {
    queue =
        new ClaimQueue(
            outbox,
            ORDERS,
            new InFlightLimit(outbox, ORDERS, inFlight, () -> Math.min(limit.get(), inFlight)),
            new ClaimQueue.Deliverer() {
              @Override
              public void start(Claim claim) {
                started.add(claim);
                if (isEnded.get()) {
                  // As if the threads of the consumer have ended.
                  giveBack(claim, Duration.ZERO);
                }
              }

              @Override
              public void giveBack(Claim claim, Duration after) {
                claim.settle(new Settlement.Parked(clock.instant(), 0, null));
              }
            });
    outbox.listeners().register(ORDERS, queue);
    queue.begin();
  }

  private void append(String prefix, int attempts, int count) throws Exception {
    List<Append.Arrival> events =
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new Append.Arrival(
                        ORDERS,
                        new OutboxEvent(
                            prefix + i, "order", clock.instant(), new byte[100], attempts, null)))
            .toList();
    assertThat(outbox.append(events, List.of()).get(AT_MOST.toSeconds(), TimeUnit.SECONDS))
        .isEqualTo(count);
  }

  private List<Claim> inFlight(Lane lane) {
    return started.stream().filter(claim -> claim.isHeldFor(0) && claim.lane() == lane).toList();
  }

  private void awaitStarted(int count) {
    await().atMost(AT_MOST).until(() -> started.size() == count);
  }

  @Test
  void retriesGetAQuarterOfWhatIsInFlightWhileOthersWaitAndAllOfItAfterwards() throws Exception {
    append("retry", 1, 100);
    append("fresh", 0, 100);
    begin(8);

    awaitStarted(8);
    for (int done = 1; done <= 94; done++) {
      // Retries hang, so every free place goes to another fresh event.
      assertThat(inFlight(Lane.RETRY)).hasSizeLessThanOrEqualTo(2);
      inFlight(Lane.FRESH).get(0).settle(Settlement.DONE);
      awaitStarted(8 + done);
    }
    assertThat(inFlight(Lane.RETRY)).hasSize(2);
    inFlight(Lane.FRESH).forEach(claim -> claim.settle(Settlement.DONE));
    await().atMost(AT_MOST).until(() -> inFlight(Lane.RETRY).size() == 8);
  }

  @Test
  void everyFourthIsARetryWhereOnlyOneMayBeInFlight() throws Exception {
    append("retry", 1, 20);
    append("fresh", 0, 20);
    begin(1);

    for (int i = 1; i <= 16; i++) {
      awaitStarted(i);
      started.get(i - 1).settle(Settlement.DONE);
    }
    awaitStarted(17);
    assertThat(started.subList(0, 16).stream().filter(claim -> claim.lane() == Lane.RETRY).count())
        .isBetween(3L, 5L);
  }

  @Test
  void eventsAreHandedOnWhileRetriesWaitInTheStore() throws Exception {
    append("retry", 1, 500);
    begin(4);
    awaitStarted(4);

    append("fresh", 0, 3);
    started.forEach(claim -> claim.settle(Settlement.DONE));
    await()
        .atMost(AT_MOST)
        .until(() -> started.stream().filter(claim -> claim.lane() == Lane.FRESH).count() == 3);
    // The events were written as claimed, so none of them waits in the store.
    assertThat(queue.ids()).containsAll(inFlight(Lane.FRESH).stream().map(Claim::id).toList());
    List<OutboxEvent> next = List.of(started.get(0).event());
    // While a request for more is pending, all room is reserved for it.
    await().atMost(AT_MOST).until(() -> queue.reserve(next) == 1);
    queue.giveBack(next);
  }

  @Test
  void aLimitThatFallsStartsNoMore() throws Exception {
    append("fresh", 0, 50);
    begin(8);
    awaitStarted(8);

    limit.set(3);
    started.subList(0, 6).forEach(claim -> claim.settle(Settlement.DONE));
    await().atMost(AT_MOST).until(() -> started.size() == 9);
    assertThat(inFlight(Lane.FRESH)).hasSize(3);
  }

  /** Otherwise a receiver that is as fast as the disk would have to wait for the disk. */
  @ParameterizedTest
  @CsvSource({"4, 10", "10, 15"})
  void nextOnesBeginBeforeACommitButNotWithoutEnd(int running, int most) throws Exception {
    append("fresh", 0, 50);
    limit.set(running);
    begin(10);
    awaitStarted(running);

    CountDownLatch commits = new CountDownLatch(1);
    CompletableFuture<Long> held =
        outbox
            .access()
            .run(
                (store, nowMillis) -> {
                  try {
                    commits.await();
                  } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                  }
                  return nowMillis;
                });
    try {
      for (int ended = 0; ended < most; ended++) {
        awaitStarted(Math.min(most, running + ended));
        started.get(ended).settle(Settlement.DONE);
      }
      assertThat(started).hasSize(most);
      assertThat(queue.places().started()).isEqualTo(most);
    } finally {
      commits.countDown();
    }
    assertThat(held.get(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isPositive();
    awaitStarted(most + running);
    await().atMost(AT_MOST).until(() -> queue.places().started() == running);
  }

  @Test
  void whatHasWaitedGoesOnBesideTheOthersButNotWithoutEnd() throws Exception {
    append("fresh", 0, 6);
    begin(2);
    for (int i = 0; i < 6; i++) {
      int begun = i + 1;
      await().atMost(AT_MOST).until(() -> started.size() >= begun);
      started.get(i).pause();
    }
    assertThat(queue.places().started()).isZero();

    for (int i = 0; i < 4; i++) {
      assertThat(started.get(i).mayResume()).isTrue();
      started.get(i).resume();
    }
    assertThat(started.get(4).mayResume()).isFalse();
    started.get(0).settle(Settlement.DONE);
    await().atMost(AT_MOST).until(() -> started.get(4).mayResume());
    assertThat(queue.places().started()).isEqualTo(3);
  }

  @Test
  void thousandsThatAreReadyGoBackWhenTheOutboxHasBeenClosed() throws Exception {
    append("fresh", 0, 2000);
    begin(500);
    await().atMost(AT_MOST).until(() -> queue.ids().size() == 2000);
    awaitStarted(500);

    outbox.close();
    isEnded.set(true);
    started.get(0).settle(Settlement.DONE);
    await().atMost(AT_MOST).until(() -> queue.ids().size() == 499);
    assertThat(started).hasSize(2000);
    assertThat(queue.places().started()).isEqualTo(499);
    assertThat(queue.places().held()).isEqualTo(499);
  }

  /** As if an error was thrown before the listener was notified. */
  @Test
  void whatNobodyTellsOfASettlementIsFoundOut() throws Exception {
    append("fresh", 0, 5);
    begin(4);
    awaitStarted(4);

    outbox.listeners().unregister(ORDERS, queue);
    started.get(0).settle(Settlement.DONE);
    awaitStarted(5);
    started.forEach(claim -> claim.settle(Settlement.DONE));
    await().atMost(AT_MOST).until(() -> queue.places().held() == 0);
    assertThat(queue.places().started()).isZero();
    assertThat(queue.memory().used()).isZero();
  }

  /** As if an error was thrown between the two steps. */
  @Test
  void aClaimThatIsTakenToBeginAndDoesNotIsGivenBack() throws Exception {
    append("fresh", 0, 5);
    begin(4);
    awaitStarted(4);
    await().atMost(AT_MOST).until(queue.ready()::hasFresh);

    Claim astray = queue.ready().poll();
    started.get(0).settle(Settlement.DONE);
    awaitStarted(5);
    assertThat(started.get(4).id()).isEqualTo(astray.id());
    assertThat(queue.places().held()).isEqualTo(4);
  }
}
