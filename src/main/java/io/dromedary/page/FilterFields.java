package io.dromedary.page;

import org.jspecify.annotations.Nullable;

/** Writes the form fields that the filters of several lists share. */
final class FilterFields {

  private FilterFields() {}

  /**
   * Writes a field for text, with its label.
   *
   * @param value the field's value, or null for none
   * @param example the placeholder, or empty for none
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
