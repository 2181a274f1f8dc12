package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.outbox.pending.PendingEvents;
import io.dromedary.outbox.pending.PendingEvents.Changed;
import io.dromedary.outbox.pending.PendingEvents.Count;
import io.dromedary.outbox.pending.PendingEvents.Page;
import io.dromedary.outbox.pending.PendingFilter;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.testing.SettableClock;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract of pending events, tested on each store. */
@Timeout(60)
abstract class PendingEventsContract {

  private static final String ORDERS = "orders";
  private static final long PAGE_BYTES = 1 << 20;

  private final SettableClock clock = new SettableClock(Instant.now());
  private Outbox outbox;

  /** The URL of a store that is empty at the first call of a test. */
  abstract String url();

  @BeforeEach
  void start() {
    outbox = new Outbox(DeadLettersContract.settings(url()), clock);
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              try (Statement clear = store.connection().createStatement()) {
                clear.execute("DELETE FROM outbox");
                clear.execute("DELETE FROM seen");
                return clear.execute("DELETE FROM dead_letter");
              }
            })
        .join();
  }

  @AfterEach
  void stop() {
    outbox.close();
  }

  private PendingEvents pending() {
    return outbox.pendingEvents();
  }

  /** Stores events without claiming them. */
  private void store(String destination, String... ids) throws OutboxException {
    outbox
        .append(
            Arrays.stream(ids)
                .map(
                    id ->
                        new Append.Arrival(
                            destination,
                            new OutboxEvent(
                                id,
                                "track",
                                clock.instant(),
                                ("{\"userId\":\"of-" + id + "\"}").getBytes(UTF_8))))
                .toList(),
            List.of())
        .join();
  }

  private List<Claim> claim(int most) {
    return new ClaimDue(outbox, ORDERS, ClaimDue.Wanted.of(most)).ask().join().claims();
  }

  /** Stores events that have failed once and wait for an hour. */
  private void park(String... ids) throws OutboxException {
    store(ORDERS, ids);
    for (Claim claim : claim(ids.length)) {
      claim.settle(
          new Settlement.Parked(clock.instant().plus(Duration.ofHours(1)), 1, "{\"wait\":1}"));
    }
    long unused = outbox.access().run((store, nowMillis) -> nowMillis).join();
  }

  private static PendingFilter of(
      @Nullable String destination, @Nullable String messageId, @Nullable String userId) {
    return new PendingFilter(
        new EventFilter(destination, null, messageId, userId, null, null, Set.of()), event -> true);
  }

  private static List<String> ids(Page page) {
    return page.events().stream().map(each -> each.event().messageId()).toList();
  }

  private Page list(PendingFilter filter) throws OutboxException {
    return pending().list(filter, 0, 1000, PAGE_BYTES);
  }

  private List<String> dead() throws OutboxException {
    return outbox.deadLetters().list(DeadLetterFilter.ALL, null, 10).deadLetters().stream()
        .map(letter -> letter.reason().json() + " " + letter.event().messageId())
        .toList();
  }

  private DeadLetter cancelled(PendingEvent event) {
    return new DeadLetter(
        event.id(),
        event.destination(),
        event.event(),
        DeadLetter.Reason.CANCELLED,
        "an operator has given it up",
        null,
        null,
        null,
        clock.instant(),
        null);
  }

  @Test
  void theOldestComeFirst() throws Exception {
    store(ORDERS, "a", "b");
    store("crm", "c");

    Page page = list(PendingFilter.ALL);

    assertThat(ids(page)).containsExactly("a", "b", "c");
    assertThat(page.next()).isNull();
    assertThat(page.events().get(0).dueAt()).isEqualTo(page.events().get(1).dueAt());
    assertThat(page.events().get(0).isClaimed()).isFalse();
    assertThat(ids(list(of("crm", null, null)))).containsExactly("c");
    assertThat(ids(list(of(null, "b", null)))).containsExactly("b");
    assertThat(ids(list(of(null, null, "of-a")))).containsExactly("a");
    assertThat(ids(list(of(null, null, "of")))).isEmpty();
    assertThat(ids(list(new PendingFilter(EventFilter.ALL, each -> each.event().attempts() > 0))))
        .isEmpty();
    assertThat(pending().count(of(null, null, "of-c"))).isEqualTo(new Count(1, true));
  }

  @Test
  void pagesFollowEachOther() throws Exception {
    String[] all = IntStream.range(0, 1201).mapToObj(i -> "m-" + i).toArray(String[]::new);
    store(ORDERS, all);

    List<String> found = new ArrayList<>();
    Long next = 0L;
    int pages = 0;
    while (next != null) {
      Page page = pending().list(PendingFilter.ALL, next, 400, PAGE_BYTES);
      found.addAll(ids(page));
      next = page.next();
      pages++;
    }

    assertThat(found).containsExactly(all);
    assertThat(pages).isEqualTo(4);
    assertThat(pending().count(PendingFilter.ALL)).isEqualTo(new Count(1201, true));
    // A page ends when it exceeds the bytes, but has at least one event.
    assertThat(pending().list(PendingFilter.ALL, 0, 400, 1).events()).hasSize(1);
  }

  @Test
  void whatIsTriedNowIsDueNowAndWaitsForNothing() throws Exception {
    park("a", "b");
    assertThat(claim(10)).isEmpty();

    Changed changed = pending().tryNow(of(null, "b", null), come -> come.replace("1", "0"));

    assertThat(changed).isEqualTo(new Changed(1, 0));
    List<Claim> claims = claim(10);
    assertThat(claims.stream().map(each -> each.event().messageId())).containsExactly("b");
    assertThat(claims.get(0).event().attempts()).isEqualTo(1);
    assertThat(claims.get(0).event().progress()).isEqualTo("{\"wait\":0}");
  }

  @Test
  void whatIsGivenUpIsADeadLetter() throws Exception {
    park("a", "b");

    Changed changed = outbox.deadLetters().giveUp(of(null, "a", null), this::cancelled);

    assertThat(changed).isEqualTo(new Changed(1, 0));
    assertThat(dead()).containsExactly("cancelled a");
    assertThat(ids(list(PendingFilter.ALL))).containsExactly("b");
    assertThat(outbox.replays().start(DeadLetterFilter.ALL, 1000, 10).replayed()).isEqualTo(1);
    assertThat(claim(10).stream().map(each -> each.event().messageId())).containsExactly("a");
  }

  @Test
  void whatIsInMemoryIsLeftAlone() throws Exception {
    store(ORDERS, "a", "b");
    Claim claim = claim(1).get(0);
    outbox.listeners().register(ORDERS, handsWith(claim));

    assertThat(list(PendingFilter.ALL).events())
        .extracting(PendingEvent::isClaimed)
        .containsExactly(true, false);
    assertThat(pending().tryNow(PendingFilter.ALL, come -> come)).isEqualTo(new Changed(1, 1));
    assertThat(outbox.deadLetters().giveUp(PendingFilter.ALL, this::cancelled))
        .isEqualTo(new Changed(1, 1));
    assertThat(dead()).containsExactly("cancelled b");

    claim.settle(new Settlement.Done());
    long unused = outbox.access().run((store, nowMillis) -> nowMillis).join();

    assertThat(ids(list(PendingFilter.ALL))).isEmpty();
  }

  private static Hands handsWith(Claim claim) {
    Hands hands = new Hands(10);
    hands.taken.add(claim);
    return hands;
  }

  /** Whatever the outcome of the attempt under way, nothing of the event is kept. */
  @Test
  void whatIsDeletedStaysDeleted() throws Exception {
    store(ORDERS, "done", "parked", "dead", "waits");
    List<Claim> claims = claim(3);
    Changed changed = pending().delete(PendingFilter.ALL);
    assertThat(changed).isEqualTo(new Changed(4, 3));

    claims.get(0).settle(new Settlement.Done());
    claims.get(1).settle(new Settlement.Parked(clock.instant(), 1, null));
    PendingEvent third =
        new PendingEvent(claims.get(2).id(), ORDERS, claims.get(2).event(), clock.instant(), true);
    claims.get(2).settle(new Settlement.Dead(cancelled(third)));
    long unused = outbox.access().run((store, nowMillis) -> nowMillis).join();

    assertThat(ids(list(PendingFilter.ALL))).isEmpty();
    assertThat(dead()).isEmpty();
    assertThat(claim(10)).isEmpty();
  }

  @Test
  void aUserOfDeadLettersIsFoundAndDeletedToo() throws Exception {
    park(Stream.iterate(0, i -> i + 1).limit(700).map(i -> "m-" + i).toArray(String[]::new));
    outbox.deadLetters().giveUp(PendingFilter.ALL, this::cancelled);
    DeadLetterFilter ofOne =
        new DeadLetterFilter(of(null, null, "of-m-650").event(), null, null, null, null);

    assertThat(outbox.deadLetters().count(ofOne).values()).containsExactly(1L);
    assertThat(outbox.deadLetters().list(ofOne, null, 10).deadLetters()).hasSize(1);
    assertThat(outbox.deadLetters().delete(ofOne)).isEqualTo(1);
    assertThat(outbox.deadLetters().count(ofOne)).isEmpty();
    assertThat(outbox.deadLetters().count(DeadLetterFilter.ALL).values()).containsExactly(699L);
  }
}
