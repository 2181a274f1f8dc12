package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Raises alerts when a webhook fails and when it has recovered, after the state has lasted for a
 * while. Each node sees only its own attempts. A node reports a recovery only if the webhook has
 * accepted one of its attempts since the failure was reported, since otherwise the node may just
 * not have sent anything.
 *
 * <p>A webhook that changes three times in a quarter of an hour is flapping. This raises one alert,
 * and no further one until its state has been the same for ten minutes. Not thread-safe.
 */
final class WebhookRule {

  static final String KIND = "webhook";

  private static final String UP = "up";
  private static final String DOWN = "down";
  static final String FAILING = "failing";
  static final String FLAPPING = "flapping";

  private static final int MOST_CHANGES = 3;
  private static final Duration CHANGES_WITHIN = Duration.ofMinutes(15);
  private static final Duration CALM = Duration.ofMinutes(10);
  private static final Duration REMINDER = Duration.ofHours(4);

  private final String subject;
  private final Duration after;

  // The observations of this process.
  private long accepted;
  private @Nullable Instant acceptedAt;
  private @Nullable Instant upSince;
  private long failedBefore;
  private long acceptedBefore;

  /**
   * Makes the rule for a webhook.
   *
   * @param after how long it must have been down, or up again, before an alert is raised
   */
  WebhookRule(String subject, Duration after) {
    this.subject = subject;
    this.after = after;
  }

  String subject() {
    return subject;
  }

  /** The change of the row, given what this process sees now, or null if there is none. */
  @Nullable Change next(@Nullable AlertRow row, WebhookSnapshot snapshot, Instant now) {
    note(snapshot, now);
    AlertRow before = row == null ? AlertRow.of(KIND, subject, UP, Instant.EPOCH) : row;
    Note note = Note.read(before.note());
    String seen = seen(snapshot, before, note, now);
    if (seen != null && !seen.equals(note.value())) {
      return changed(before, note.with(seen, now), snapshot, now);
    }
    boolean isCalm = !now.isBefore(note.last().plus(CALM));
    if (before.state().equals(FLAPPING) && isCalm) {
      boolean isDown = note.value().equals(DOWN);
      return new Change(
          before.in(isDown ? FAILING : UP, now),
          isDown ? failing(snapshot, note.last(), now) : recovered(before, snapshot, now));
    }
    Instant toldAt = before.toldAt();
    boolean isReminded = toldAt != null && !now.isBefore(toldAt.plus(REMINDER));
    if (before.state().equals(FAILING) && DOWN.equals(seen) && isReminded) {
      Alert alert = failing(snapshot, before.since(), now);
      alert.data().put("reminder", true);
      return new Change(before, alert);
    }
    return null;
  }

  private void note(WebhookSnapshot snapshot, Instant now) {
    if (snapshot.accepted() > accepted) {
      acceptedAt = now;
      if (!snapshot.isDown()) {
        failedBefore = snapshot.failed();
      }
    }
    accepted = snapshot.accepted();
    if (snapshot.isDown()) {
      if (upSince != null) {
        acceptedBefore = snapshot.accepted();
      }
      upSince = null;
    } else if (upSince == null) {
      upSince = now;
    }
  }

  /** The state that this process is sure of, or null. */
  private @Nullable String seen(WebhookSnapshot snapshot, AlertRow row, Note note, Instant now) {
    if (snapshot.isDown()) {
      return snapshot.lasting().compareTo(after) >= 0 ? DOWN : null;
    }
    if (note.value().equals(UP)) {
      return UP;
    }
    Instant since = row.state().equals(FLAPPING) ? note.last() : row.since();
    boolean hasLasted = upSince != null && !now.isBefore(upSince.plus(after));
    return hasLasted && acceptedAt != null && acceptedAt.isAfter(since) ? UP : null;
  }

  private Change changed(AlertRow before, Note note, WebhookSnapshot snapshot, Instant now) {
    AlertRow noted = before.withNote(note.text());
    if (before.state().equals(FLAPPING)) {
      return new Change(noted, null);
    }
    if (note.isFlapping(now)) {
      Alert alert = alert(AlertKind.WEBHOOK_FLAPPING, now);
      alert.data().put("changes", note.changes().size());
      alert.data().put("within", CHANGES_WITHIN.toString());
      alert.data().put("silentUntilCalmFor", CALM.toString());
      return new Change(noted.in(FLAPPING, now), alert);
    }
    if (note.value().equals(UP)) {
      return new Change(noted.in(UP, now), recovered(before, snapshot, now));
    }
    Instant since = now.minus(snapshot.lasting());
    return new Change(noted.in(FAILING, since), failing(snapshot, since, now));
  }

  private Alert alert(AlertKind kind, Instant now) {
    return new Alert(kind, subject, now, new LinkedHashMap<>());
  }

  private Alert failing(WebhookSnapshot snapshot, Instant since, Instant now) {
    Alert alert = alert(AlertKind.WEBHOOK_FAILING, now);
    Map<String, Object> data = alert.data();
    data.put("since", since);
    if (snapshot.lastFailure() != null) {
      data.put("class", snapshot.lastFailure());
    }
    data.put("attempts", snapshot.failed() - failedBefore);
    return alert;
  }

  private Alert recovered(AlertRow before, WebhookSnapshot snapshot, Instant now) {
    Alert alert = alert(AlertKind.WEBHOOK_RECOVERED, now);
    alert.data().put("since", before.since());
    alert.data().put("lastedSeconds", Duration.between(before.since(), now).toSeconds());
    alert.data().put("acceptedSince", snapshot.accepted() - acceptedBefore);
    return alert;
  }

  /**
   * The note of a row.
   *
   * @param value the state that was seen last, with or without an alert
   * @param changes the instants of its last changes
   */
  private record Note(String value, List<Instant> changes) {

    static Note read(String text) {
      if (text.isEmpty()) {
        return new Note(UP, List.of());
      }
      String[] parts = text.split(" ", -1);
      return new Note(
          parts[0],
          Stream.of(parts)
              .skip(1)
              .map(part -> Instant.ofEpochMilli(Long.parseLong(part)))
              .toList());
    }

    Note with(String next, Instant now) {
      List<Instant> all = Stream.concat(changes.stream(), Stream.of(now)).toList();
      return new Note(next, all.subList(Math.max(0, all.size() - MOST_CHANGES), all.size()));
    }

    boolean isFlapping(Instant now) {
      return changes.size() == MOST_CHANGES && changes.get(0).isAfter(now.minus(CHANGES_WITHIN));
    }

    Instant last() {
      return changes.isEmpty() ? Instant.EPOCH : changes.get(changes.size() - 1);
    }

    String text() {
      return Stream.concat(
              Stream.of(value), changes.stream().map(at -> Long.toString(at.toEpochMilli())))
          .collect(Collectors.joining(" "));
    }
  }
}
