package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Raises alerts about dead letters, grouped by destination, reason and class of status. The first
 * dead letter of a group raises an alert at once. Those of the following hour share one alert.
 */
final class DeadLetterRule {

  static final String KIND = "dead-letters";

  private static final Duration DIGEST = Duration.ofHours(1);

  private DeadLetterRule() {}

  /**
   * The dead letters that share an alert.
   *
   * @param statusClass the class of the last response's status, or {@code none}
   */
  record Group(String destination, String reason, String statusClass) {

    static Group of(String destination, String reason, @Nullable Integer status) {
      String statusClass =
          status == null
              ? "none"
              : status == 408 || status == 425 || status == 429
                  ? status.toString()
                  : status / 100 + "xx";
      return new Group(destination, reason, statusClass);
    }

    static Group of(String subject) {
      String[] parts = subject.split(" ", 3);
      return new Group(parts[0], parts[1], parts[2]);
    }

    String subject() {
      return destination + " " + reason + " " + statusClass;
    }
  }

  /**
   * The change of the row, or null if there is none.
   *
   * @param died the number of dead letters since the last call
   * @param sample the message id of one of them; empty if there is none
   */
  static @Nullable Change next(
      @Nullable AlertRow row, Group group, long died, String sample, Instant now) {
    AlertRow before = row == null ? AlertRow.of(KIND, group.subject(), "calm", now) : row;
    long untold = before.count() + died;
    String first = before.count() > 0 ? before.note() : sample;
    Instant toldAt = before.toldAt();
    boolean isDue = toldAt == null || !now.isBefore(toldAt.plus(DIGEST));
    if (untold == 0) {
      // An hour without dead letters has passed.
      return isDue && before.state().equals("dying")
          ? new Change(before.in("calm", now), null)
          : null;
    }
    if (!isDue) {
      return died == 0 ? null : new Change(before.withCount(untold).withNote(first), null);
    }
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("destination", group.destination());
    data.put("reason", group.reason());
    data.put("status", group.statusClass());
    data.put("count", untold);
    if (!first.isEmpty()) {
      data.put("sample", first);
    }
    AlertRow dying = before.state().equals("dying") ? before : before.in("dying", now);
    return new Change(
        dying.withCount(0).withNote(""),
        new Alert(AlertKind.DEAD_LETTERS_NEW, group.subject(), now, data));
  }
}
