package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonValue;

/** Texts of JSON values. */
final class Values {

  private Values() {}

  /** The text of a string, or the JSON of anything else. */
  static String text(JsonValue value) {
    return value.kind() == JsonKind.STRING ? value.asString() : new String(value.toBytes(), UTF_8);
  }
}
