package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.OutboxSettings;
import io.dromedary.testing.SettableClock;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests the outbox on a file system that is really full, if one can be mounted. {@code
 * FreeSpaceTest} tests the decisions, and {@code SqliteOutboxTest} the limit on the size of a file.
 */
@Timeout(180)
@EnabledIf("canMount")
class FullDiskTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path folder;
  private final SettableClock clock = new SettableClock(Instant.parse("2026-01-31T12:00:00Z"));
  private final Deque<Outbox> opened = new ArrayDeque<>();
  private Path disk;
  private Path filler;

  static boolean canMount() throws Exception {
    Path place = Files.createTempDirectory("mount");
    boolean can = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place.toString()) == 0;
    if (can) {
      run("umount", "-l", place.toString());
    }
    Files.delete(place);
    return can;
  }

  private static int run(String... command) throws Exception {
    try {
      return new ProcessBuilder(command)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      return -1;
    }
  }

  @BeforeEach
  void mount() throws Exception {
    disk = Files.createDirectory(folder.resolve("disk"));
    filler = disk.resolve("filler");
    assertThat(run("mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", disk.toString())).isZero();
  }

  @AfterEach
  void unmount() throws Exception {
    opened.forEach(Outbox::close);
    run("umount", "-l", disk.toString());
  }

  private Outbox open() {
    Outbox outbox =
        new Outbox(
            new OutboxSettings(
                "jdbc:sqlite:" + disk.resolve("outbox.db"),
                null,
                null,
                Duration.ofMinutes(2),
                Duration.ofHours(24),
                1_000_000,
                Duration.ofDays(30),
                Duration.ofHours(4)),
            clock);
    opened.push(outbox);
    return outbox;
  }

  private int next;

  /** Appends events. Returns whether they were accepted. */
  private boolean append(Outbox outbox, int count) {
    List<Append.Arrival> arrivals = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      arrivals.add(
          new Append.Arrival(
              "orders", new OutboxEvent("m" + next++, "track", clock.instant(), new byte[250])));
    }
    try {
      outbox.append(arrivals, List.of()).get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (Exception e) {
      return false;
    }
  }

  private int appendUntilRefused(Outbox outbox) {
    int accepted = 0;
    while (append(outbox, 50)) {
      accepted += 50;
    }
    return accepted;
  }

  /** Takes the rest of the disk, to the last byte. */
  private void fill() throws IOException {
    try (OutputStream out =
        Files.newOutputStream(
            filler,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.APPEND)) {
      byte[] block = new byte[4096];
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(Files.getFileStore(disk).getUsableSpace()).isLessThan(4096);
    }
  }

  /**
   * Delivers all events, as a consumer does, and counts them. A claim fails together with
   * operations in the same transaction, which may need room, and is repeated.
   */
  private int deliver(Outbox outbox, int expected) {
    int[] delivered = {0};
    await()
        .atMost(AT_MOST)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () -> {
              List<Claim> claims = claim(outbox);
              claims.forEach(claim -> claim.settle(Settlement.DONE));
              delivered[0] += claims.size();
              return delivered[0] >= expected;
            });
    return delivered[0];
  }

  private static List<Claim> claim(Outbox outbox) throws Exception {
    try {
      return new ClaimDue(outbox, "orders", ClaimDue.Wanted.of(250))
          .ask()
          .get(30, TimeUnit.SECONDS)
          .claims();
    } catch (ExecutionException e) {
      assertThat(e).hasCauseInstanceOf(OutboxException.class);
      return List.of();
    }
  }

  private static int count(Outbox outbox) throws Exception {
    try (var reader = outbox.access().connect();
        var statement = reader.createStatement();
        var row = statement.executeQuery("SELECT count(*) FROM outbox")) {
      row.next();
      return row.getInt(1);
    }
  }

  @Test
  void whatWaitsIsDeliveredAndEventsAreAcceptedWhenThereIsRoom() throws Exception {
    Outbox outbox = open();
    int accepted = appendUntilRefused(outbox);
    assertThat(accepted).isGreaterThan(10_000);
    fill();
    assertThat(outbox.failure()).contains("events are refused until there is room");

    assertThat(deliver(outbox, accepted)).isEqualTo(accepted);
    await().atMost(AT_MOST).until(() -> count(outbox) == 0);

    // The deliveries have made room, which no other program uses.
    await().atMost(AT_MOST).until(() -> append(outbox, 1));
    assertThat(outbox.failure()).isNull();
  }

  @Test
  void aStartOnAFullDiskDelivers() throws Exception {
    Outbox former = open();
    int accepted = appendUntilRefused(former);
    former.close();
    fill();

    Outbox outbox = open();
    await()
        .atMost(AT_MOST)
        .untilAsserted(() -> assertThat(outbox.failure()).contains("events are refused"));
    assertThat(deliver(outbox, accepted)).isEqualTo(accepted);
    await().atMost(AT_MOST).until(() -> count(outbox) == 0);

    Files.delete(filler);
    await().atMost(AT_MOST).until(() -> append(outbox, 1));
  }

  @Test
  void whatIsGivenUpIsStoredOrWaitsForRoom() throws Exception {
    Outbox outbox = open();
    int accepted = appendUntilRefused(outbox);
    fill();
    Hands hands = new Hands(0);
    outbox.listeners().register("orders", hands);

    // Every tenth event becomes a dead letter, which takes more room than the event did.
    int settled = 0;
    while (settled < accepted) {
      for (Claim claim : claim(outbox)) {
        claim.settle(settled++ % 10 == 0 ? dead(claim) : Settlement.DONE);
      }
    }

    await().atMost(AT_MOST).until(() -> count(outbox) == 0);
    assertThat(outbox.deadLetters().count(DeadLetterFilter.ALL).values())
        .containsExactly((long) (accepted + 9) / 10);
    // They are told behind the commit.
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(hands.settled).hasSize(accepted));
  }

  private Settlement dead(Claim claim) {
    return new Settlement.Dead(
        new DeadLetter(
            claim.id(),
            "orders",
            claim.event(),
            DeadLetter.Reason.REJECTED,
            "answered 400",
            400,
            clock.instant(),
            clock.instant(),
            clock.instant(),
            null));
  }
}
