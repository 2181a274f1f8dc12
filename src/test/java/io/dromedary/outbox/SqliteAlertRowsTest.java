package io.dromedary.outbox;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Tests the rows of alerts on SQLite, which uses the clock of the process. */
class SqliteAlertRowsTest extends AlertRowsContract {

  @TempDir Path folder;

  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("outbox.db");
  }
}
