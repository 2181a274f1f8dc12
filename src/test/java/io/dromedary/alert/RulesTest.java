package io.dromedary.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.alert.DeadLetterRule.Group;
import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.Backlog;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The rules of alerts, case by case. */
class RulesTest {

  private static final Instant START = Instant.parse("2026-01-02T03:00:00Z");

  /** The alerts that were raised, one line each. */
  private final List<String> told = new ArrayList<>();

  private @Nullable AlertRow row;

  private static Instant at(Duration after) {
    return START.plus(after);
  }

  private static Duration minutes(long minutes) {
    return Duration.ofMinutes(minutes);
  }

  /** Stores a change as the outbox would. */
  private void store(@Nullable Change change, Duration at) {
    if (change == null) {
      return;
    }
    AlertRow after = change.after();
    Alert alert = change.alert();
    if (alert != null) {
      told.add(at.toMinutes() + " " + alert.kind().label() + " " + alert.data());
      after = after.told("{}", alert.time());
    }
    row = after;
  }

  // Webhooks.

  private long accepted;
  private long failed;
  private Instant since = START;
  private boolean isDown;
  private final WebhookRule rule = new WebhookRule("crm/1", minutes(1));

  /** Lets a webhook be in a state for a time. */
  private void webhook(boolean down, Duration from, Duration until) {
    for (Duration at = from; at.compareTo(until) < 0; at = at.plusSeconds(10)) {
      if (down != isDown) {
        since = at(at);
        isDown = down;
      }
      accepted += down ? 0 : 1;
      failed += down ? 1 : 0;
      store(rule.next(row, snapshot(Duration.between(since, at(at))), at(at)), at);
    }
  }

  private WebhookSnapshot snapshot(Duration lasting) {
    return new WebhookSnapshot(1, isDown, lasting, accepted, failed, "refused", Double.NaN);
  }

  @Test
  void tellsOfAWebhookThatIsDownForLongEnoughAndOfItsRecovery() {
    webhook(false, minutes(0), minutes(1));
    webhook(true, minutes(1), minutes(30));
    webhook(false, minutes(30), minutes(40));

    assertThat(told)
        .containsExactly(
            "2 webhook.failing {since=2026-01-02T03:01:00Z, class=refused, attempts=7}",
            "31 webhook.recovered {since=2026-01-02T03:01:00Z, lastedSeconds=1800,"
                + " acceptedSince=7}");
  }

  @Test
  void doesNotTellOfAShortOutage() {
    webhook(true, Duration.ZERO, Duration.ofSeconds(60));
    webhook(false, minutes(1), minutes(2));

    assertThat(told).isEmpty();
    assertThat(row).isNull();
  }

  /** The webhook is up for too short a time to count as recovered. */
  @Test
  void doesNotTellOfAShortRecovery() {
    webhook(true, minutes(0), minutes(5));
    webhook(false, minutes(5), minutes(5).plusSeconds(50));
    webhook(true, minutes(5).plusSeconds(50), minutes(10));

    assertThat(told).hasSize(1);
  }

  @Test
  void remindsOfAWebhookThatStaysDown() {
    webhook(true, minutes(0), minutes(500));

    assertThat(told)
        .containsExactly(
            "1 webhook.failing {since=2026-01-02T03:00:00Z, class=refused, attempts=7}",
            "241 webhook.failing {since=2026-01-02T03:00:00Z, class=refused, attempts=1447,"
                + " reminder=true}",
            "481 webhook.failing {since=2026-01-02T03:00:00Z, class=refused, attempts=2887,"
                + " reminder=true}");
  }

  /** Two changes raise alerts, the third reports flapping, and no more follow until it stops. */
  @Test
  void tellsOfOneThatFlapsOnce() {
    for (int i = 0; i < 12; i++) {
      webhook(true, minutes(4L * i), minutes(4L * i + 2));
      webhook(false, minutes(4L * i + 2), minutes(4L * i + 4));
    }
    webhook(false, minutes(48), minutes(90));

    assertThat(told.stream().map(line -> line.replaceFirst("\\{.*", "")))
        .containsExactly(
            "1 webhook.failing ",
            "3 webhook.recovered ",
            "5 webhook.flapping ",
            "57 webhook.recovered ");
    assertThat(told.get(2))
        .isEqualTo("5 webhook.flapping {changes=3, within=PT15M, silentUntilCalmFor=PT10M}");
  }

  @Test
  void tellsThatOneFailsThatHasFlappedAndStaysDown() {
    for (int i = 0; i < 3; i++) {
      webhook(true, minutes(4L * i), minutes(4L * i + 2));
      webhook(false, minutes(4L * i + 2), minutes(4L * i + 4));
    }
    webhook(true, minutes(12), minutes(40));

    assertThat(told.stream().map(line -> line.replaceFirst("\\{.*", "")))
        .containsExactly(
            "1 webhook.failing ",
            "3 webhook.recovered ",
            "5 webhook.flapping ",
            "23 webhook.failing ");
  }

  /** A node that has sent nothing to the webhook does not know that it works. */
  @Test
  void aNodeThatHasSentNothingDoesNotTellOfARecovery() {
    webhook(true, minutes(0), minutes(5));
    WebhookRule other = new WebhookRule("crm/1", minutes(1));
    for (int minute = 5; minute < 60; minute++) {
      WebhookSnapshot idle = new WebhookSnapshot(1, false, minutes(minute), 0, 0, null, Double.NaN);
      assertThat(other.next(row, idle, at(minutes(minute)))).isNull();
    }

    // The node has sent before, and sends again, which shows that the webhook works.
    WebhookSnapshot busy = new WebhookSnapshot(1, false, minutes(60), 1, 0, null, Double.NaN);
    store(other.next(row, busy, at(minutes(60))), minutes(60));
    assertThat(told.get(1)).startsWith("60 webhook.recovered ");
  }

  // Lateness.

  private void late(long oldestMinutes, long at) {
    Backlog backlog = new Backlog(4120, minutes(oldestMinutes));
    store(LateRule.next(row, "crm", Duration.ofHours(4), backlog, at(minutes(at))), minutes(at));
  }

  @Test
  void tellsOfEachLevelOnceUntilItHasCaughtUp() {
    late(119, 0);
    late(120, 1);
    late(200, 2);
    late(216, 3);
    late(239, 4);
    late(120, 5);
    late(60, 6);
    late(130, 7);
    late(59, 8);
    late(130, 9);

    assertThat(told)
        .containsExactly(
            "1 delivery.late {percentOfWindow=50, oldestAcceptedAt=2026-01-02T01:01:00Z,"
                + " firstExpiresAt=2026-01-02T05:01:00Z, waiting=4120}",
            "3 delivery.late {percentOfWindow=90, oldestAcceptedAt=2026-01-01T23:27:00Z,"
                + " firstExpiresAt=2026-01-02T03:27:00Z, waiting=4120}",
            "9 delivery.late {percentOfWindow=54, oldestAcceptedAt=2026-01-02T00:59:00Z,"
                + " firstExpiresAt=2026-01-02T04:59:00Z, waiting=4120}");
  }

  // Certificates.

  private void certificate(Instant expiry, Duration at) {
    store(CertificateRule.next(row, "crm/1", (double) expiry.getEpochSecond(), at(at)), at);
  }

  @Test
  void tellsThatACertificateExpiresAtEachLevelOnce() {
    Instant expiry = START.plus(Duration.ofDays(30));
    for (int hour = 0; hour <= 31 * 24; hour += 6) {
      certificate(expiry, Duration.ofHours(hour));
    }

    assertThat(told)
        .containsExactly(
            Duration.ofDays(9).toMinutes()
                + " certificate.expiring {expiresAt=2026-02-01T03:00:00Z, daysLeft=21}",
            Duration.ofDays(23).toMinutes()
                + " certificate.expiring {expiresAt=2026-02-01T03:00:00Z, daysLeft=7}",
            Duration.ofDays(29).toMinutes()
                + " certificate.expiring {expiresAt=2026-02-01T03:00:00Z, daysLeft=1}");
  }

  /** A renewal raises no alert, nor does a node that has still seen the old certificate. */
  @Test
  void aRenewedCertificateIsCalmAgain() {
    Instant old = START.plus(Duration.ofDays(3));
    Instant renewed = START.plus(Duration.ofDays(90));
    certificate(old, Duration.ZERO);
    certificate(renewed, minutes(1));
    certificate(old, minutes(2));
    certificate(renewed, minutes(3));
    certificate(renewed, Duration.ofDays(69));

    assertThat(told.stream().map(line -> line.replaceFirst("\\{.*", "")))
        .containsExactly(
            "0 certificate.expiring ", Duration.ofDays(69).toMinutes() + " certificate.expiring ");
    assertThat(CertificateRule.next(row, "crm/1", Double.NaN, at(minutes(4)))).isNull();
  }

  // Dead letters.

  private void died(long count, String sample, long at) {
    store(
        DeadLetterRule.next(row, Group.of("crm", "rejected", 410), count, sample, at(minutes(at))),
        minutes(at));
  }

  @Test
  void tellsOfTheFirstDeadLetterAtOnceAndThenOnceAnHour() {
    died(1, "m-1", 0);
    died(5, "m-2", 1);
    died(3, "m-7", 30);
    died(0, "", 59);
    died(0, "", 60);
    died(0, "", 61);
    died(0, "", 130);
    died(2, "m-11", 131);

    assertThat(told)
        .containsExactly(
            "0 dead-letters.new {destination=crm, reason=rejected, status=4xx, count=1,"
                + " sample=m-1}",
            "60 dead-letters.new {destination=crm, reason=rejected, status=4xx, count=8,"
                + " sample=m-2}",
            "131 dead-letters.new {destination=crm, reason=rejected, status=4xx, count=2,"
                + " sample=m-11}");
  }

  @Test
  void dividesDeadLettersByClassesOfStatus() {
    assertThat(List.of(429, 408, 425, 400, 503, 301))
        .extracting(status -> Group.of("crm", "expired", status).subject())
        .containsExactly(
            "crm expired 429",
            "crm expired 408",
            "crm expired 425",
            "crm expired 4xx",
            "crm expired 5xx",
            "crm expired 3xx");
    Group none = Group.of("crm", "expired", null);
    assertThat(none.subject()).isEqualTo("crm expired none");
    assertThat(Group.of(none.subject())).isEqualTo(none);
  }

  // The store.

  @Test
  void tellsThatTheStoreFailsAndNotEachTime() {
    StoreWatch store = new StoreWatch();
    boolean[] failing = new boolean[3600];
    java.util.Arrays.fill(failing, 10, 13, true);
    java.util.Arrays.fill(failing, 100, 200, true);
    java.util.Arrays.fill(failing, 300, 400, true);
    java.util.Arrays.fill(failing, 2000, 2100, true);
    for (int second = 0; second < failing.length; second++) {
      Alert alert = store.next(failing[second], START.plusSeconds(second));
      if (alert != null) {
        told.add(second + " " + alert.kind().label() + " " + alert.data());
      }
    }

    assertThat(told)
        .containsExactly(
            "105 store.failing {since=2026-01-02T03:01:40Z}",
            "205 store.recovered {since=2026-01-02T03:01:40Z, lastedSeconds=100}",
            "2005 store.failing {since=2026-01-02T03:33:20Z}",
            "2105 store.recovered {since=2026-01-02T03:33:20Z, lastedSeconds=100}");
  }
}
