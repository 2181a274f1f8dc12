package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.settings.OutboxSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Tests that only their owner may read the files of an outbox. */
@DisabledOnOs(OS.WINDOWS)
class OwnersFilesTest {

  @TempDir Path folder;

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }

  /** Opens an outbox, stores an event, and returns the permissions of each file meanwhile. */
  private static Map<String, String> permissionsOfAnOutboxIn(Path folder) throws Exception {
    OutboxSettings settings =
        new OutboxSettings(
            "jdbc:sqlite:" + folder.resolve("outbox.db"),
            null,
            null,
            Duration.ofMinutes(2),
            Duration.ofHours(24),
            1000,
            Duration.ofDays(30),
            Duration.ofHours(4));
    Clock clock = Clock.systemUTC();
    Map<String, String> found = new TreeMap<>();
    try (Outbox outbox = new Outbox(settings, clock)) {
      OutboxEvent event = new OutboxEvent("m1", "track", clock.instant(), "{}".getBytes(UTF_8));
      outbox
          .append(List.of(new Append.Arrival("orders", event)), List.of())
          .get(20, TimeUnit.SECONDS);
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          found.put(file.getFileName().toString(), permissions(file));
        }
      }
    }
    return found;
  }

  @Test
  void filesAndFoldersThatAreMadeAreTheirOwners() throws Exception {
    Path data = folder.resolve("new").resolve("data");

    assertThat(permissionsOfAnOutboxIn(data))
        .containsOnlyKeys("outbox.db", "outbox.db-shm", "outbox.db-wal", "outbox.db.lock")
        .allSatisfy((name, permissions) -> assertThat(permissions).isEqualTo("rw-------"));
    assertThat(permissions(data)).isEqualTo("rwx------");
    assertThat(permissions(data.getParent())).isEqualTo("rwx------");
  }

  @Test
  void whatExistsStaysAsItIs() throws Exception {
    Path data = Files.createDirectory(folder.resolve("data"));
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxr-x---"));
    Path database = Files.createFile(data.resolve("outbox.db"));
    Files.setPosixFilePermissions(database, PosixFilePermissions.fromString("rw-r-----"));

    assertThat(permissionsOfAnOutboxIn(data))
        .containsOnly(
            Map.entry("outbox.db", "rw-r-----"),
            Map.entry("outbox.db-shm", "rw-r-----"),
            Map.entry("outbox.db-wal", "rw-r-----"),
            Map.entry("outbox.db.lock", "rw-------"));
    assertThat(permissions(data)).isEqualTo("rwxr-x---");
  }
}
