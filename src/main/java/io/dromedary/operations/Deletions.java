package io.dromedary.operations;

import io.dromedary.history.AttemptRecord;
import io.dromedary.history.History;
import io.dromedary.history.HistoryException;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.pending.PendingEvent;
import io.dromedary.settings.Settings;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records in the history which events an operator has deleted. Without that record, an event that
 * is neither pending nor dead would be taken for delivered. Serves one operation; not thread-safe.
 */
public final class Deletions {

  private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);

  private static final int PIECE = 500;

  private final @Nullable History history;
  private final Clock clock;
  private final List<AttemptRecord> untold = new ArrayList<>();

  /** Starts recording for one operation. */
  public Deletions(CamelContext context) {
    this.history = History.of(context);
    this.clock = Settings.clock(context);
  }

  /** Notes pending events that were deleted. */
  public void pending(List<PendingEvent> deleted) {
    for (PendingEvent each : deleted) {
      add(each.destination(), each.event().messageId(), each.event().type());
    }
  }

  /** Notes a dead letter that was deleted. */
  public void dead(DeadLetters.Deleted deleted) {
    add(deleted.destination(), deleted.messageId(), deleted.type());
  }

  private void add(String destination, String messageId, String type) {
    untold.add(
        AttemptRecord.gone(clock.instant(), destination, messageId, type, AttemptRecord.DELETED));
    if (untold.size() >= PIECE) {
      tell();
    }
  }

  /** Writes the notes that are not yet in the history. A failure is logged and not thrown. */
  public void tell() {
    if (history == null || untold.isEmpty()) {
      return;
    }
    try {
      history.deleted(untold);
    } catch (HistoryException e) {
      LOG.warn("The history does not know what was deleted: {}", e.getMessage());
    }
    untold.clear();
  }
}
