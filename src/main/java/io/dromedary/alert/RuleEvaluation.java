package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.AlertRows;
import io.dromedary.outbox.Backlog;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.ReplayProgress;
import io.dromedary.outbox.deadletter.Replays.Standing;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.settings.Settings;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Evaluates all rules and stores their changes. Rows are cached in memory. If another node has
 * changed a row, storing it fails and all rows are read again. Not thread-safe, except for {@link
 * #deadLetters}.
 */
final class RuleEvaluation {

  /** The kind of the row with the instant until which dead letters have been counted. */
  static final String READ = "dead-letters-read";

  /** The kinds of rows that only hold positions and are not subjects of alerts. */
  static final Set<String> NOTES = Set.of(READ, ReplayRule.KIND);

  /** The time between two checks of replays, since these are slow and a check reads the store. */
  private static final Duration BETWEEN_REPLAYS = Duration.ofSeconds(5);

  /** Stores a change. Returns null if another node has changed the row. */
  interface Storing {
    @Nullable AlertRow store(Change change) throws OutboxException;
  }

  private record Key(String kind, String subject) {}

  private final Outbox outbox;
  private final WatchedDestinations watched;
  private final Duration after;
  private final Storing storing;
  private final DeadLetterCounts deadLetters = new DeadLetterCounts();
  private final Map<String, WebhookRule> webhooks = new HashMap<>();
  private final Instant startedAt;
  private Instant replaysAt = Instant.MIN;
  private boolean isCaughtUp;
  private @Nullable Map<Key, AlertRow> rows;

  RuleEvaluation(CamelContext context, Outbox outbox, Duration after, Storing storing) {
    this.outbox = outbox;
    this.watched = WatchedDestinations.of(context);
    this.after = after;
    this.storing = storing;
    Clock clock = Settings.clock(context);
    this.startedAt = clock.instant();
  }

  /** The dead letters to count, which the outbox reports. */
  DeadLetterCounts deadLetters() {
    return deadLetters;
  }

  /** Clears the cached rows, so that they are read again. */
  void forget() {
    rows = null;
  }

  /** Evaluates all rules. */
  void evaluate(Instant now) throws OutboxException {
    if (rows == null) {
      Map<Key, AlertRow> read = new HashMap<>();
      for (AlertRow row : outbox.alertRows().all()) {
        read.put(new Key(row.kind(), row.subject()), row);
      }
      rows = read;
    }
    catchUp(now);
    for (WatchedDestinations.Destination destination : watched.destinations()) {
      if (rows != null) {
        evaluate(destination, now);
      }
    }
    if (rows != null) {
      evaluateDeadLetters(now);
    }
    if (rows != null && !now.isBefore(replaysAt)) {
      replaysAt = now.plus(BETWEEN_REPLAYS);
      evaluateReplays(now);
    }
  }

  private void evaluateReplays(Instant now) throws OutboxException {
    ReplayRule.Known known = ReplayRule.Known.of(row(ReplayRule.KIND, ""));
    List<Standing> seen = outbox.replays().standing(known.latest(), known.open());
    if (!apply(ReplayRule.begun(row(ReplayRule.KIND, ""), seen, now))) {
      return;
    }
    AlertRow row = row(ReplayRule.KIND, "");
    Long ended = ReplayRule.ended(row, seen);
    while (row != null && ended != null) {
      ReplayProgress progress = outbox.replays().get(ended);
      boolean isOver = progress == null || !progress.goesOn();
      if (!isOver || !apply(ReplayRule.end(row, ended, progress, now))) {
        return;
      }
      row = row(ReplayRule.KIND, "");
      ended = ReplayRule.ended(row, seen);
    }
  }

  private @Nullable AlertRow row(String kind, String subject) {
    return rows == null ? null : rows.get(new Key(kind, subject));
  }

  private boolean apply(@Nullable Change change) throws OutboxException {
    if (change == null) {
      return true;
    }
    AlertRow stored = storing.store(change);
    Map<Key, AlertRow> known = rows;
    if (stored == null || known == null) {
      // Another node was faster, and may have raised the same alert.
      forget();
      return false;
    }
    known.put(new Key(stored.kind(), stored.subject()), stored);
    return true;
  }

  /** Finds dead letters from before the start that a killed process has not counted. */
  private void catchUp(Instant now) throws OutboxException {
    if (isCaughtUp) {
      return;
    }
    AlertRow read = row(READ, "");
    if (read == null) {
      // Dead letters from before alerts were turned on raise no alert.
      isCaughtUp = apply(new Change(AlertRow.of(READ, "", "read", now), null));
      return;
    }
    List<AlertRows.DeadLetterCount> missed =
        outbox.alertRows().deadLetterCounts(read.since(), startedAt);
    isCaughtUp = true;
    missed.forEach(deadLetters::add);
  }

  private void evaluate(WatchedDestinations.Destination destination, Instant now)
      throws OutboxException {
    String name = destination.name();
    Backlog backlog = outbox.backlog(name);
    if (backlog != null) {
      AlertRow row = row(LateRule.KIND, name);
      if (!apply(LateRule.next(row, name, destination.window(), backlog, now))) {
        return;
      }
    }
    for (WebhookSnapshot snapshot : destination.webhooks().get()) {
      String subject = name + "/" + snapshot.number();
      WebhookRule rule = webhooks.computeIfAbsent(subject, made -> new WebhookRule(subject, after));
      Change change = rule.next(row(WebhookRule.KIND, subject), snapshot, now);
      if (change != null && change.alert() != null) {
        complete(change.alert(), destination, backlog, now);
      }
      AlertRow certificate = row(CertificateRule.KIND, subject);
      double expiry = snapshot.certificateExpirySeconds();
      if (!apply(change) || !apply(CertificateRule.next(certificate, subject, expiry, now))) {
        return;
      }
    }
  }

  /** Adds data to an alert that the rule does not know. */
  private void complete(
      Alert alert,
      WatchedDestinations.Destination destination,
      @Nullable Backlog backlog,
      Instant now) {
    if (backlog != null) {
      alert.data().put("waiting", backlog.events());
      if (backlog.events() > 0) {
        Instant expires = now.minus(backlog.oldest()).plus(destination.window());
        alert.data().put("firstExpiresAt", expires);
      }
    }
    if (alert.kind() == AlertKind.WEBHOOK_RECOVERED) {
      Instant since = (Instant) alert.data().get("since");
      Long dead = since == null ? null : dead(destination.name(), since);
      if (dead != null) {
        alert.data().put("deadMeanwhile", dead);
      }
    }
  }

  private @Nullable Long dead(String destination, Instant since) {
    EventFilter filter = new EventFilter(destination, null, null, null, since, null, Set.of());
    try {
      return outbox
          .deadLetters()
          .count(new DeadLetterFilter(filter, null, null, null, null))
          .values()
          .stream()
          .mapToLong(Long::longValue)
          .sum();
    } catch (OutboxException e) {
      // There are too many to count quickly, or the store has failed.
      return null;
    }
  }

  private void evaluateDeadLetters(Instant now) throws OutboxException {
    Set<DeadLetterRule.Group> groups = new HashSet<>();
    deadLetters.groups().forEach(groups::add);
    boolean hasSome = !groups.isEmpty();
    if (rows != null) {
      rows.keySet().stream()
          .filter(key -> key.kind().equals(DeadLetterRule.KIND))
          .map(key -> DeadLetterRule.Group.of(key.subject()))
          .forEach(groups::add);
    }
    for (DeadLetterRule.Group group : groups) {
      if (rows != null) {
        evaluate(group, now);
      }
    }
    AlertRow read = row(READ, "");
    if (hasSome && read != null) {
      apply(new Change(read.in("read", now), null));
    }
  }

  private void evaluate(DeadLetterRule.Group group, Instant now) throws OutboxException {
    DeadLetterCounts.Count counted = deadLetters.take(group);
    boolean isStored = false;
    try {
      Change change =
          DeadLetterRule.next(
              row(DeadLetterRule.KIND, group.subject()),
              group,
              counted == null ? 0 : counted.count(),
              counted == null ? "" : counted.sample(),
              now);
      isStored = apply(change);
    } finally {
      if (counted != null && !isStored) {
        deadLetters.giveBack(group, counted);
      }
    }
  }
}
