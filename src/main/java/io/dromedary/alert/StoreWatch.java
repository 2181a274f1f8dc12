package io.dromedary.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When the store is told to fail, and to work again. What is known of that is in memory only, since
 * the store that fails cannot keep it: each node tells of its own, and after a restart once more.
 * One that fails again within a quarter of an hour is told only when that is over. Not thread-safe.
 */
final class StoreWatch {

  static final String SUBJECT = "outbox";

  private static final Duration AFTER = Duration.ofSeconds(5);
  private static final Duration LEAST_BETWEEN = Duration.ofMinutes(15);

  private @Nullable Instant failingSince;
  private @Nullable Instant worksSince;
  private @Nullable Instant toldFailingAt;
  private @Nullable Instant toldSince;

  /** The state as it was told, for whoever asks. */
  private boolean isToldFailing;

  /** Since when it has been told to fail, or null where it has not. */
  @Nullable Instant toldSince() {
    return isToldFailing ? toldSince : null;
  }

  /** What is to be told now, or null. */
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
