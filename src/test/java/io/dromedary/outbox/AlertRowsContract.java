package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterStatements;
import io.dromedary.outbox.store.OutboxEvent;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.testing.SettableClock;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The contract of the rows of alerts, tested on each store. */
@Timeout(60)
abstract class AlertRowsContract {

  private static final Instant START = Instant.parse("2026-01-02T03:04:05.678Z");

  final SettableClock clock = new SettableClock(Instant.now());
  Outbox outbox;

  /** The URL of a store that is empty at the first call of a test. */
  abstract String url();

  Outbox open() {
    return new Outbox(DeadLettersContract.settings(url()), clock);
  }

  @BeforeEach
  void start() {
    outbox = open();
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              try (Statement clear = store.connection().createStatement()) {
                clear.execute("DELETE FROM outbox");
                clear.execute("DELETE FROM alert");
                return clear.execute("DELETE FROM dead_letter");
              }
            })
        .join();
  }

  @AfterEach
  void stop() {
    outbox.close();
  }

  private static OutboxEvent alert(String id) {
    return new OutboxEvent(id, "dromedary.test", START, "{}".getBytes(UTF_8));
  }

  private List<String> stored() throws SQLException {
    List<String> ids = new ArrayList<>();
    try (Connection connection = outbox.access().connect();
        Statement query = connection.createStatement();
        ResultSet row =
            query.executeQuery("SELECT destination, message_id FROM outbox ORDER BY id")) {
      while (row.next()) {
        ids.add(row.getString(1) + " " + row.getString(2));
      }
    }
    return ids;
  }

  @Test
  void keepsWhatItIsGiven() throws Exception {
    AlertRow row =
        AlertRow.of("webhook", "crm/1", "failing", START)
            .told("{\"id\":\"a\"}", START.plusSeconds(1))
            .withCount(7)
            .withNote("down");

    AlertRow kept = outbox.alertRows().change(row, alert("a-1"));

    assertThat(kept).isEqualTo(row.changed());
    outbox.close();
    outbox = open();
    assertThat(outbox.alertRows().all()).containsExactly(row.changed());
    assertThat(stored()).containsExactly("dromedary_alerts a-1");
  }

  /** If several threads have read the same row, one changes it, and only its alert is stored. */
  @Test
  void isChangedByOneOnly() throws Exception {
    AlertRow none = AlertRow.of("webhook", "crm/1", "failing", START);
    AlertRow first = outbox.alertRows().change(none, alert("a-1"));

    assertThat(outbox.alertRows().change(none, alert("a-2"))).isNull();
    AlertRow second = outbox.alertRows().change(first.in("up", START), alert("a-3"));
    assertThat(outbox.alertRows().change(first.in("flapping", START), alert("a-4"))).isNull();

    assertThat(outbox.alertRows().all()).containsExactly(second);
    assertThat(second.version()).isEqualTo(2);
    assertThat(stored()).containsExactly("dromedary_alerts a-1", "dromedary_alerts a-3");
  }

  @Test
  void changesWithoutAnAlert() throws Exception {
    outbox.alertRows().change(AlertRow.of("dead-letters", "", "read", START), null);

    assertThat(stored()).isEmpty();
    assertThat(outbox.alertRows().all())
        .extracting(AlertRow::subject, AlertRow::toldAt)
        .containsExactly(tuple("", null));
  }

  @Test
  void findsWhatHasDiedBetweenTwoInstants() throws Exception {
    outbox
        .access()
        .run(
            (store, nowMillis) -> {
              for (int i = 0; i < 3; i++) {
                DeadLetterStatements.insert(
                    store,
                    store.takeId(),
                    DeadLettersContract.letter(
                        Reason.REJECTED, "track", "m-" + i, START.plusSeconds(i)));
              }
              DeadLetterStatements.insert(
                  store,
                  store.takeId(),
                  DeadLettersContract.letter(Reason.EXPIRED, "track", "m-9", START.plusSeconds(9)));
              DeadLetterStatements.insert(
                  store,
                  store.takeId(),
                  DeadLettersContract.letter(
                      Reason.EXPIRED, "track", "m-10", START.plusSeconds(10)));
              return 0;
            })
        .join();

    assertThat(outbox.alertRows().deadLetterCounts(START, START.plusSeconds(9)))
        .containsExactlyInAnyOrder(
            new AlertRows.DeadLetterCount("default", "rejected", 400, 2, "m-1"),
            new AlertRows.DeadLetterCount("default", "expired", null, 1, "m-9"));
  }

  @Test
  void saysThatItCannotBeStored() {
    outbox.close();

    AlertRow row = AlertRow.of("webhook", "crm/1", "failing", START);
    assertThatThrownBy(() -> outbox.alertRows().change(row, alert("a-1")))
        .isInstanceOf(OutboxException.class);
  }
}
