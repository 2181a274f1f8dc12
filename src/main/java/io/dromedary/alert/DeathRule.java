package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When dead letters are told of: the first of a destination, a reason and a class of status at
 * once, and what comes in the hour after that together.
 */
final class DeathRule {

  static final String KIND = "dead-letters";

  private static final Duration DIGEST = Duration.ofHours(1);

  private DeathRule() {}

  /**
   * Dead letters of one kind.
   *
   * @param statusClass of the last answer, or {@code none}
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
   * What has changed, or null where nothing has.
   *
   * @param died how many have died since the last call
   * @param sample the message id of one of them; empty where there is none
   */
  static @Nullable Change next(
      @Nullable AlertRow row, Group group, long died, String sample, Instant now) {
    AlertRow before = row == null ? AlertRow.of(KIND, group.subject(), "calm", now) : row;
    long untold = before.count() + died;
    String first = before.count() > 0 ? before.note() : sample;
    Instant toldAt = before.toldAt();
    boolean isDue = toldAt == null || !now.isBefore(toldAt.plus(DIGEST));
    if (untold == 0) {
      // An hour without any.
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
