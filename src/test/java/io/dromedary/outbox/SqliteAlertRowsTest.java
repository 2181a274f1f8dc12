package io.dromedary.outbox;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** On the embedded store, whose clock is this process's own. */
class SqliteAlertRowsTest extends AlertRowsContract {

  @TempDir Path folder;

  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("outbox.db");
  }
}
