package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonValue;

/** Converts JSON values to text. */
final class Values {

  private Values() {}

  /** The value of a string, or the JSON of any other value. */
  static String text(JsonValue value) {
    return value.kind() == JsonKind.STRING ? value.asString() : new String(value.toBytes(), UTF_8);
  }
}
