package io.dromedary.outbox;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Tests dead letters on SQLite, which uses the clock of the process. */
class SqliteDeadLettersTest extends DeadLettersContract {

  @TempDir Path folder;

  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("outbox.db");
  }
}
