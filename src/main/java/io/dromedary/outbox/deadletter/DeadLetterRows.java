package io.dromedary.outbox.deadletter;

import io.dromedary.outbox.deadletter.DeadLetters.Place;
import io.dromedary.outbox.store.Conditions;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.StoreReading;
import java.util.List;
import java.util.function.Predicate;

/**
 * Reads the dead letters that match a filter, by the time they were given up, a page at a time.
 * Criteria that need the text of an event are checked here, not by the database. Not thread-safe.
 *
 * @param <T> the type that rows are mapped to
 */
final class DeadLetterRows<T> implements AutoCloseable {

  /** The number of the first requested column. */
  static final int FIRST_COLUMN = 4;

  /** The order of the dead letters, by the time they were given up. */
  enum Order {
    OLDEST_FIRST(" > ", ""),
    LATEST_FIRST(" < ", " DESC");

    private final String behind;
    private final String direction;

    Order(String behind, String direction) {
      this.behind = behind;
      this.direction = direction;
    }
  }

  private final EventFilter filter;
  private final Conditions conditions;
  private final String sql;
  private final StoreReading.Rows<T> made;
  private final StoreReading reading;
  private Place last;
  private boolean isStopped;

  /**
   * Makes a reader that starts after a place.
   *
   * @param reading the connection, which is closed with the reader
   * @param conditions the conditions of the statement, including those of the filter
   * @param from the place after which the first page begins
   * @param columns the columns to map, the first of which is {@link #FIRST_COLUMN}
   * @param made maps a row
   */
  DeadLetterRows(
      StoreReading reading,
      EventFilter filter,
      Conditions conditions,
      Order order,
      Place from,
      String columns,
      StoreReading.Rows<T> made) {
    this.reading = reading;
    this.filter = filter;
    this.conditions = conditions;
    this.made = made;
    this.last = from;
    this.sql =
        "SELECT dead_at, id, "
            + (filter.isByText() ? "body" : "NULL")
            + ", "
            + columns
            + " FROM dead_letter WHERE "
            + conditions
            + " AND (dead_at, id)"
            + order.behind
            + "(?, ?) ORDER BY dead_at"
            + order.direction
            + ", id"
            + order.direction
            + " LIMIT ?";
  }

  /**
   * Reads the next page.
   *
   * @param most the most rows to read; fewer of them may match
   * @param taker receives each matching row, until it returns false
   * @return whether there may be another page
   */
  boolean next(int most, Predicate<T> taker) throws OutboxException {
    Place before = last;
    List<Object> values = conditions.valuesAnd(last.deadMillis(), last.id(), most);
    reading.read(
        sql,
        values,
        rows -> {
          while (rows.next()) {
            boolean isMeant = !filter.isByText() || filter.isOfUser(rows.getBytes(3));
            if (isMeant && !taker.test(made.read(rows))) {
              isStopped = true;
              return last;
            }
            last = new Place(rows.getLong(1), rows.getLong(2));
          }
          return last;
        });
    return !isStopped && !last.equals(before);
  }

  /** The place of the last row that was read, and taken if it matches. */
  Place last() {
    return last;
  }

  /** Whether the taker has returned false. */
  boolean isStopped() {
    return isStopped;
  }

  @Override
  public void close() {
    reading.close();
  }
}
