package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.Backlog;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Raises an alert when the oldest event of a destination has used up half, and again when it has
 * used up nine tenths, of its retry window. Each is raised once until the oldest event is below a
 * quarter again. At that time no event is a dead letter yet, and an operator can still act.
 */
final class LateRule {

  static final String KIND = "delivery";

  private static final int RESET = 25;
  private static final int[] LEVELS = {90, 50};

  private LateRule() {}

  /** The change of the row, or null if there is none. */
  static @Nullable Change next(
      @Nullable AlertRow row, String destination, Duration window, Backlog backlog, Instant now) {
    AlertRow before = row == null ? AlertRow.of(KIND, destination, "0", now) : row;
    int told = Integer.parseInt(before.state());
    double share = 100.0 * backlog.oldest().toMillis() / window.toMillis();
    if (told > 0 && share < RESET) {
      return new Change(before.in("0", now), null);
    }
    for (int level : LEVELS) {
      if (share >= level && told < level) {
        Map<String, Object> data = new LinkedHashMap<>();
        Instant accepted = now.minus(backlog.oldest());
        data.put("percentOfWindow", (long) share);
        data.put("oldestAcceptedAt", accepted);
        data.put("firstExpiresAt", accepted.plus(window));
        data.put("waiting", backlog.events());
        return new Change(
            before.in(Integer.toString(level), now),
            new Alert(AlertKind.DELIVERY_LATE, destination, now, data));
      }
    }
    return null;
  }
}
