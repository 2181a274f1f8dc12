package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.Backlog;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When the oldest event of a destination is told to be late: at half of its retry window, and at
 * nine tenths, each once, until it is below a quarter again. Then events are not dead yet, and
 * somebody can still do something about it.
 */
final class LateRule {

  static final String KIND = "delivery";

  private static final int RESET = 25;
  private static final int[] LEVELS = {90, 50};

  private LateRule() {}

  /** What has changed, or null where nothing has. */
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
