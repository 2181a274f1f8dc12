package io.dromedary.outbox.store;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Builds the conditions of a statement, with the values of their parameters. Not thread-safe. */
public final class Conditions {

  private final StringJoiner sql = new StringJoiner(" AND ");
  private final List<Object> values = new ArrayList<>();

  public Conditions() {
    sql.add("1 = 1");
  }

  /** Adds a condition with one parameter, unless its value is null. */
  public Conditions add(String condition, @Nullable Object value) {
    if (value != null) {
      sql.add(condition);
      values.add(value);
    }
    return this;
  }

  /** Adds a condition without parameters. */
  public Conditions add(String condition) {
    sql.add(condition);
    return this;
  }

  /** Adds the condition that a column of JSON, written by Dromedary, contains a text. */
  public Conditions addText(String column, String json) {
    return add(column + " LIKE ? ESCAPE '~'", "%" + json.replaceAll("[~%_]", "~$0") + "%");
  }

  /** The values of the conditions, followed by those of further parameters. */
  public List<Object> valuesAnd(Object... others) {
    List<Object> all = new ArrayList<>(values);
    all.addAll(List.of(others));
    return all;
  }

  @Override
  public String toString() {
    return sql.toString();
  }
}
