package io.dromedary.outbox.deadletter;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.store.EventFilter;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A group of dead letters with the same cause. A dead letter that several webhooks have not
 * accepted is in one group for each of them.
 *
 * @param webhook the name of the webhook that has not accepted them; empty if none was tried
 * @param status the status of their last answer, or {@code none}
 * @param oldest when the first of them was given up
 * @param newest when the last of them was given up
 */
public record DeadLetterGroup(
    Reason reason,
    String destination,
    String webhook,
    String status,
    long count,
    Instant oldest,
    Instant newest) {

  /** The number of the latest dead letters that are grouped. */
  public static final int MOST_ROWS = 100_000;

  /** The most groups; the smallest ones are left out. */
  private static final int MOST_GROUPS = 100;

  private static final int MOST_KEYS = 10_000;
  private static final int MOST_KNOWN = 1000;

  /** The properties that the dead letters of a group have in common. */
  private record Key(Reason reason, String destination, String webhook, String status) {}

  /** Groups the rows, and returns the largest groups first. */
  static List<DeadLetterGroup> read(ResultSet rows, EventFilter filter) throws SQLException {
    Map<Key, DeadLetterGroup> groups = new LinkedHashMap<>();
    // Caches parsed outcomes, since most dead letters have the same.
    Map<String, List<String>> known = new HashMap<>();
    while (rows.next()) {
      if (filter.userId() != null && !filter.isOfUser(rows.getBytes(6))) {
        continue;
      }
      Reason reason = Reason.of(rows.getString(1));
      if (reason == null) {
        continue;
      }
      String status = rows.getString(3);
      Instant deadAt = Instant.ofEpochMilli(rows.getLong(5));
      String webhooks = rows.getString(4);
      List<String> failed = webhooks == null ? List.of("") : known.get(webhooks);
      if (failed == null) {
        failed = failed(String.valueOf(webhooks));
        if (known.size() < MOST_KNOWN) {
          known.put(webhooks, failed);
        }
      }
      for (String webhook : failed) {
        Key key = new Key(reason, rows.getString(2), webhook, status == null ? "none" : status);
        if (groups.size() < MOST_KEYS || groups.containsKey(key)) {
          groups.merge(key, of(key, deadAt), DeadLetterGroup::plus);
        }
      }
    }
    return groups.values().stream()
        .sorted(Comparator.comparingLong(DeadLetterGroup::count).reversed())
        .limit(MOST_GROUPS)
        .toList();
  }

  private static DeadLetterGroup of(Key key, Instant at) {
    return new DeadLetterGroup(
        key.reason(), key.destination(), key.webhook(), key.status(), 1, at, at);
  }

  private DeadLetterGroup plus(DeadLetterGroup more) {
    return new DeadLetterGroup(
        reason,
        destination,
        webhook,
        status,
        count + more.count,
        oldest.isBefore(more.oldest) ? oldest : more.oldest,
        newest.isAfter(more.newest) ? newest : more.newest);
  }

  /** The webhooks that have not accepted an event, according to its dead letter. */
  private static List<String> failed(String webhooks) {
    List<String> failed = new ArrayList<>();
    try {
      JsonReader array = new JsonReader(webhooks.getBytes(UTF_8));
      array.beginArray();
      while (array.hasNextElement()) {
        JsonObject webhook = array.read().asObject();
        String name = string(webhook.get("webhook"));
        if (!name.isEmpty() && !string(webhook.get("state")).equals("accepted")) {
          failed.add(name);
        }
      }
    } catch (InvalidJsonException e) {
      // A host's route has written this dead letter.
      return List.of("");
    }
    return failed.isEmpty() ? List.of("") : failed;
  }

  private static String string(@Nullable JsonValue value) {
    return value == null || value.kind() != JsonKind.STRING ? "" : value.asString();
  }
}
