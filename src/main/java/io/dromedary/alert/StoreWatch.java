package io.dromedary.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Raises alerts when the store fails and when it works again. The state is kept in memory, since a
 * failing store cannot keep it. So each node raises its own alerts, and again after a restart. If
 * the store fails again within a quarter of an hour of an alert, the next alert waits until that
 * time is over. Not thread-safe.
 */
final class StoreWatch {

  static final String SUBJECT = "outbox";

  private static final Duration AFTER = Duration.ofSeconds(5);
  private static final Duration LEAST_BETWEEN = Duration.ofMinutes(15);

  private @Nullable Instant failingSince;
  private @Nullable Instant worksSince;
  private @Nullable Instant toldFailingAt;
  private @Nullable Instant toldSince;

  /** Whether the last alert was about a failure. */
  private boolean isToldFailing;

  /** Since when the store has been failing, according to the last alert, or null if it works. */
  @Nullable Instant toldSince() {
    return isToldFailing ? toldSince : null;
  }

  /** The alert to raise now, or null. */
  @Nullable Alert next(boolean isFailing, Instant now) {
    if (isFailing) {
      worksSince = null;
      failingSince = failingSince == null ? now : failingSince;
    } else {
      failingSince = null;
      worksSince = worksSince == null ? now : worksSince;
    }
    Map<String, Object> data = new LinkedHashMap<>();
    Instant failing = failingSince;
    if (!isToldFailing && failing != null && hasLasted(failing, AFTER, now) && mayTell(now)) {
      isToldFailing = true;
      toldFailingAt = now;
      toldSince = failing;
      data.put("since", failing);
      return new Alert(AlertKind.STORE_FAILING, SUBJECT, now, data);
    }
    Instant since = toldSince;
    Instant works = worksSince;
    if (isToldFailing && since != null && works != null && hasLasted(works, AFTER, now)) {
      isToldFailing = false;
      data.put("since", since);
      data.put("lastedSeconds", Duration.between(since, works).toSeconds());
      return new Alert(AlertKind.STORE_RECOVERED, SUBJECT, now, data);
    }
    return null;
  }

  private boolean mayTell(Instant now) {
    return toldFailingAt == null || hasLasted(toldFailingAt, LEAST_BETWEEN, now);
  }

  private static boolean hasLasted(Instant since, Duration time, Instant now) {
    return !now.isBefore(since.plus(time));
  }
}
