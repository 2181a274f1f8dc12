package io.dromedary.outbox;

import io.dromedary.outbox.DeadLetter.Reason;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which dead letters are meant: those of which everything is so that is not null.
 *
 * @param since the first instant of their death
 * @param until the instant before which they died
 * @param ids their ids in the store; empty: any
 */
public record DeadLetterFilter(
    @Nullable String destination,
    @Nullable Reason reason,
    @Nullable String type,
    @Nullable String messageId,
    @Nullable Instant since,
    @Nullable Instant until,
    Set<Long> ids) {

  /** All dead letters. */
  public static final DeadLetterFilter ALL =
      new DeadLetterFilter(null, null, null, null, null, null, Set.of());

  public DeadLetterFilter {
    ids = Set.copyOf(ids);
  }

  /** The condition of a statement, with a parameter for each of the {@link #values()}. */
  String condition() {
    StringJoiner condition = new StringJoiner(" AND ");
    condition.add("1 = 1");
    add(condition, "destination = ?", destination);
    add(condition, "reason = ?", reason);
    add(condition, "type = ?", type);
    add(condition, "message_id = ?", messageId);
    add(condition, "dead_at >= ?", since);
    add(condition, "dead_at < ?", until);
    if (!ids.isEmpty()) {
      condition.add(in(ids.stream()));
    }
    return condition.toString();
  }

  private static void add(StringJoiner condition, String part, @Nullable Object value) {
    if (value != null) {
      condition.add(part);
    }
  }

  List<Object> values() {
    return Stream.<@Nullable Object>of(
            destination,
            reason == null ? null : reason.json(),
            type == null ? null : Store.text(type),
            messageId == null ? null : Store.text(messageId),
            since == null ? null : millis(since),
            until == null ? null : millis(until))
        .<Object>mapMulti(
            (value, next) -> {
              if (value != null) {
                next.accept(value);
              }
            })
        .toList();
  }

  /** As near to an instant as the store's columns come. */
  private static long millis(Instant instant) {
    try {
      return instant.toEpochMilli();
    } catch (ArithmeticException e) {
      return instant.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
    }
  }

  /** Numbers need no parameters, of which a statement can have only so many. */
  static String in(Stream<Long> ids) {
    return "id IN (" + ids.map(String::valueOf).collect(Collectors.joining(",")) + ")";
  }
}
