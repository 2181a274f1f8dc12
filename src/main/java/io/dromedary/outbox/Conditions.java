package io.dromedary.outbox;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** The conditions of a statement, with the values of their parameters. Not thread-safe. */
final class Conditions {

  private final StringJoiner sql = new StringJoiner(" AND ");
  private final List<Object> values = new ArrayList<>();

  Conditions() {
    sql.add("1 = 1");
  }

  /** A condition with one parameter, unless its value is null. */
  Conditions add(String condition, @Nullable Object value) {
    if (value != null) {
      sql.add(condition);
      values.add(value);
    }
    return this;
  }

  /** A condition without a parameter. */
  Conditions add(String condition) {
    sql.add(condition);
    return this;
  }

  /** A condition on a column with JSON of our own, which has that text somewhere. */
  Conditions addText(String column, String json) {
    return add(column + " LIKE ? ESCAPE '~'", "%" + json.replaceAll("[~%_]", "~$0") + "%");
  }

  /** The values of further parameters, which follow the conditions. */
  List<Object> valuesAnd(Object... others) {
    List<Object> all = new ArrayList<>(values);
    all.addAll(List.of(others));
    return all;
  }

  @Override
  public String toString() {
    return sql.toString();
  }
}
