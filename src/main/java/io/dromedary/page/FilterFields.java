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
    field(html, null, name, label, value, example);
  }

  /** Writes a field for an instant, with its label. */
  static void instant(Html html, String name, String label, @Nullable String value) {
    field(html, "instant", name, label, value, "2026-01-02T03:04:05Z");
  }

  private static void field(
      Html html,
      @Nullable String kind,
      String name,
      String label,
      @Nullable String value,
      String example) {
    html.open("label", "class", kind).text(label);
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
