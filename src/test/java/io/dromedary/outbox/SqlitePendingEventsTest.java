package io.dromedary.outbox;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** Tests pending events on SQLite, where claims are in memory. */
class SqlitePendingEventsTest extends PendingEventsContract {

  @TempDir Path folder;

  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("outbox.db");
  }
}
