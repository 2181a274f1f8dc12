package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Raises an alert 21, 7 and 1 days before a certificate expires, each once. A certificate that
 * expires earlier than the known one is ignored, since another node may still have a connection
 * from before a renewal.
 */
final class CertificateRule {

  static final String KIND = "certificate";

  private static final int[] DAYS = {1, 7, 21};
  private static final int NONE = Integer.MAX_VALUE;

  private CertificateRule() {}

  /** The change of the row, or null if there is none. */
  static @Nullable Change next(
      @Nullable AlertRow row, String subject, double expirySeconds, Instant now) {
    if (Double.isNaN(expirySeconds)) {
      return null;
    }
    Instant expiry = Instant.ofEpochSecond((long) expirySeconds);
    AlertRow before = row == null ? AlertRow.of(KIND, subject, "ok", now) : row;
    Instant known = before.note().isEmpty() ? expiry : Instant.parse(before.note());
    if (expiry.isBefore(known)) {
      return null;
    }
    boolean isRenewed = expiry.isAfter(known);
    int level = level(Duration.between(now, expiry));
    if (level >= (isRenewed ? NONE : level(before.state()))) {
      return isRenewed ? new Change(before.in("ok", now).withNote(expiry.toString()), null) : null;
    }
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("expiresAt", expiry);
    data.put("daysLeft", Math.max(0, Duration.between(now, expiry).toDays()));
    return new Change(
        before.in(Integer.toString(level), now).withNote(expiry.toString()),
        new Alert(AlertKind.CERTIFICATE_EXPIRING, subject, now, data));
  }

  private static int level(Duration left) {
    for (int days : DAYS) {
      if (left.compareTo(Duration.ofDays(days)) <= 0) {
        return days;
      }
    }
    return NONE;
  }

  private static int level(String state) {
    return state.equals("ok") ? NONE : Integer.parseInt(state);
  }
}
