package io.dromedary.outbox;

import io.dromedary.outbox.DeadLetters.Place;
import java.util.List;
import java.util.function.Predicate;

/**
 * The dead letters that a filter means, which are read in the order of their deaths, piece by
 * piece. What only the text of an event tells is looked up in it here. Not thread-safe.
 *
 * @param <T> what is made of a row
 */
final class DeadLetterRows<T> implements AutoCloseable {

  /** The first column of those that were asked for. */
  static final int FIRST_COLUMN = 4;

  /** Which dead letters come first. */
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
   * Rows from a place on.
   *
   * @param reading is closed with the rows
   * @param conditions of the statement, those of the filter among them
   * @param from the place behind which the first piece begins
   * @param columns of which something is made, the first of them {@link #FIRST_COLUMN}
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
   * Reads the next piece.
   *
   * @param most how many rows it has at the most, of which fewer may be meant
   * @param taker is given what is made of each row that is meant, until it wants no more
   * @return whether there may be another piece
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

  /** The place of the last row that was read, and taken if it is meant. */
  Place last() {
    return last;
  }

  /** Whether the taker wanted no more although there was more. */
  boolean isStopped() {
    return isStopped;
  }

  @Override
  public void close() {
    reading.close();
  }
}
