package io.dromedary.outbox;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

/** On the embedded store, where what is claimed is known in memory. */
class SqlitePendingEventsTest extends PendingEventsContract {

  @TempDir Path folder;

  @Override
  String url() {
    return "jdbc:sqlite:" + folder.resolve("outbox.db");
  }
}
