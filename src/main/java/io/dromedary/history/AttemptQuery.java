package io.dromedary.history;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Converts a filter to the conditions of a statement, with the values of their parameters. */
final class AttemptQuery {

  /** The last character, which ends the range of texts with a given prefix. */
  private static final String LAST = Character.toString(Character.MAX_CODE_POINT);

  private final StringJoiner conditions = new StringJoiner(" AND ");
  final List<Object> values = new ArrayList<>();

  AttemptQuery(AttemptFilter filter) {
    this(filter, false);
  }

  /**
   * Makes a query.
   *
   * @param isWhole whether the message id of the filter is complete, rather than a prefix
   */
  AttemptQuery(AttemptFilter filter, boolean isWhole) {
    add("destination = ?", filter.destination());
    webhook(filter.webhook());
    add("type = ?", filter.type());
    String id = filter.messageId();
    if (id != null && isWhole) {
      add("message_id = ?", AttemptRows.text(id));
    } else if (id != null) {
      // An index supports a range. Whether it supports LIKE depends on the collation.
      add("message_id >= ?", AttemptRows.text(id));
      add("message_id < ?", AttemptRows.text(id) + LAST);
    }
    user(filter.userId());
    status(filter.status());
    add("class = ?", filter.attemptClass());
    add("outcome = ?", filter.outcome());
    add("at >= ?", millis(filter.after()));
    add("at < ?", millis(filter.before()));
  }

  private void webhook(@Nullable String webhook) {
    if (webhook == null) {
      return;
    }
    if (webhook.matches("\\d{1,4}")) {
      add("webhook = ?", Integer.parseInt(webhook));
    } else {
      add("webhook_name = ?", webhook);
    }
  }

  private void user(@Nullable String userId) {
    if (userId == null) {
      return;
    }
    List<Long> hashes = UserHash.ofAsked(userId);
    conditions.add("user_hash IN (" + "?,".repeat(hashes.size() - 1) + "?)");
    values.addAll(hashes);
  }

  private void status(@Nullable String status) {
    if (status == null) {
      return;
    }
    if (status.equals("none")) {
      conditions.add("status IS NULL AND webhook > 0");
    } else {
      add("status >= ?", Integer.parseInt(status.replace('x', '0')));
      add("status <= ?", Integer.parseInt(status.replace('x', '9')));
    }
  }

  private static @Nullable Long millis(@Nullable Instant instant) {
    if (instant == null) {
      return null;
    }
    try {
      return instant.toEpochMilli();
    } catch (ArithmeticException e) {
      return instant.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }

  /** Adds a condition with one parameter, unless its value is null. */
  AttemptQuery add(String condition, @Nullable Object value) {
    if (value != null) {
      conditions.add(condition);
      values.add(value);
    }
    return this;
  }

  /** The conditions, to be written after WHERE. */
  String where() {
    return conditions.length() == 0 ? "1 = 1" : conditions.toString();
  }
}
