package io.dromedary.outbox.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests when events are refused for want of room, and how the ballast is given up and restored. */
class FreeSpaceTest {

  private static final long MIB = 1L << 20;

  @TempDir Path folder;
  private final AtomicLong usable = new AtomicLong(100 * MIB);
  private FreeSpace space;

  @BeforeEach
  void start() {
    space = open();
  }

  /** Opens it on a disk of 16 MiB: 2 MiB are ballast, and new events never use the last 1 MiB. */
  private FreeSpace open() {
    return new FreeSpace(
        folder.resolve("outbox.db"),
        new FreeSpace.Disk() {
          @Override
          public long usableBytes() {
            return usable.get();
          }

          @Override
          public long totalBytes() {
            return 16 * MIB;
          }
        });
  }

  private Path file() {
    return folder.resolve("outbox.db.ballast");
  }

  private void makeWhole() {
    while (space.tend()) {
      // Until the ballast is complete.
    }
  }

  @Test
  void roomIsSetAsideInABlockOfItsOwnThatCannotBeCompressed() throws Exception {
    makeWhole();
    assertThat(file()).hasSize(2 * MIB);
    assertThat(space.ballastBytes()).isEqualTo(2 * MIB);
    byte[] bytes = Files.readAllBytes(file());
    int[] counts = new int[256];
    for (byte each : bytes) {
      counts[each & 0xff]++;
    }
    assertThat(IntStream.of(counts)).allMatch(count -> count > bytes.length / 256 * 9 / 10);
  }

  @Test
  void aDiskWithPlentyOfRoomIsNotTroubledAtTheStart() {
    usable.set(Long.MAX_VALUE / 2);
    makeWhole();
    assertThat(file()).doesNotExist();
  }

  @Test
  void eventsAreRefusedBeforeTheDiskIsFull() throws Exception {
    makeWhole();
    usable.set(2 * MIB);
    space.admit(100_000);
    // The events of a transaction are added up.
    assertThatThrownBy(() -> space.admit(300_000))
        .isInstanceOf(FreeSpace.NoRoomException.class)
        .hasMessage(
            "the disk has 2048 KiB left: events are refused until there is room, and deliveries go"
                + " on");
    space.ended();
    assertThat(space.lack()).isEqualTo("the disk has 2048 KiB left");
    assertThatThrownBy(() -> space.admit(1)).isInstanceOf(FreeSpace.NoRoomException.class);

    usable.set(3 * MIB / 2);
    space.restore();
    assertThat(space.lack()).isNull();
    assertThatCode(() -> space.admit(100_000)).doesNotThrowAnyException();
    assertThat(file()).hasSize(2 * MIB);
  }

  @Test
  void whatWasSetAsideIsGivenUpPieceByPieceAndMadeAgain() throws Exception {
    makeWhole();
    usable.set(0);
    // The first failure only refuses events, which may be enough.
    assertThat(space.full("[SQLITE_FULL]")).isTrue();
    assertThat(file()).hasSize(2 * MIB);
    for (int given = 1; given <= 16; given++) {
      assertThat(space.full("[SQLITE_FULL]")).isTrue();
      assertThat(file()).hasSize(2 * MIB - given * MIB / 8);
    }
    assertThat(space.full("[SQLITE_FULL]")).isFalse();
    assertThatThrownBy(space::restore)
        .hasMessageStartingWith("[SQLITE_FULL]: events are refused until there is room");

    // Less than the missing ballast and some reserve.
    usable.set(3 * MIB);
    assertThatThrownBy(space::restore).isInstanceOf(FreeSpace.NoRoomException.class);
    assertThat(file()).hasSize(0);
    usable.set(7 * MIB / 2);
    space.restore();
    assertThat(file()).hasSize(2 * MIB);
    assertThat(space.lack()).isNull();
  }

  @Test
  void aStartFindsWhatAFormerProcessHasLeft() throws Exception {
    makeWhole();
    usable.set(0);
    space.full("[SQLITE_FULL]");
    space.full("[SQLITE_FULL]");

    space = open();
    assertThat(space.heldBytes()).isEqualTo(2 * MIB - 2 * MIB / 16);
    // Too little for the missing ballast, which is noticed before an event is written.
    assertThat(space.tend()).isFalse();
    assertThat(space.lack()).isEqualTo("the disk has 0 KiB left");
    assertThat(space.full("[SQLITE_FULL]")).isTrue();
    assertThat(file()).hasSize(2 * MIB - 2 * 2 * MIB / 16);
  }

  @Test
  void whereNoRoomCanBeSetAsideEventsAreAccepted() throws IOException {
    Files.createDirectory(file());
    assertThatCode(this::makeWhole).doesNotThrowAnyException();
    assertThatCode(() -> space.admit(1000)).doesNotThrowAnyException();
  }

  @Test
  void whatSomebodyDeletesIsMadeAgain() throws Exception {
    makeWhole();
    Files.delete(file());
    usable.set(0);
    space.full("[SQLITE_FULL]");
    assertThat(space.full("[SQLITE_FULL]")).isTrue();
    assertThat(space.heldBytes()).isZero();
    usable.set(100 * MIB);
    space.restore();
    assertThat(file()).hasSize(2 * MIB);
  }
}
