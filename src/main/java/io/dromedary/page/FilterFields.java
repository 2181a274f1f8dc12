package io.dromedary.page;

import org.jspecify.annotations.Nullable;

/** Fields that several lists have. */
final class FilterFields {

  private FilterFields() {}

  /**
   * Writes a field for text, with its label.
   *
   * @param value what it has; null: nothing
   * @param example what is shown while it has nothing; empty: nothing
   */
  static void text(Html html, String name, String label, @Nullable String value, String example) {
    html.open("label").text(label);
    html.open(
        "input",
        "type",
        "text",
        "name",
        name,
        "value",
        value,
        "placeholder",
        example.isEmpty() ? null : example,
        "autocomplete",
        "off");
    html.close();
  }
}
