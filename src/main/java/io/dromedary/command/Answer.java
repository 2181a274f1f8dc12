package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A response of the application, or a part of one: a JSON object. */
record Answer(JsonObject json) {

  /** Reads an object. */
  static Answer of(byte[] text) throws InvalidJsonException {
    return new Answer(new JsonReader(text).readObject());
  }

  /** Reads an element of a list. */
  static Answer of(String element) {
    try {
      return of(element.getBytes(UTF_8));
    } catch (InvalidJsonException e) {
      throw new IllegalStateException("an answer of Dromedary is JSON", e);
    }
  }

  String text() {
    return new String(json.toBytes(), UTF_8);
  }

  boolean has(String name) {
    return json.get(name) != null;
  }

  /** The JSON text of a field, or an empty text if there is no such field. */
  String field(String name) {
    JsonValue value = json.get(name);
    return value == null ? "" : new String(value.toBytes(), UTF_8);
  }

  /** The value of a field that is a string, or an empty text. */
  String string(String name) {
    JsonValue value = json.get(name);
    return value == null || value.kind() != JsonKind.STRING ? "" : value.asString();
  }

  /** The fields of an object, each as text; empty if there is no such object. */
  Map<String, String> strings(String name) {
    Map<String, String> strings = new LinkedHashMap<>();
    JsonValue value = json.get(name);
    if (value == null || value.kind() != JsonKind.OBJECT) {
      return strings;
    }
    JsonReader object = new JsonReader(value.toBytes());
    try {
      object.beginObject();
      for (String key = object.nextName(); key != null; key = object.nextName()) {
        strings.put(key, Values.text(object.read()));
      }
    } catch (InvalidJsonException e) {
      throw new IllegalStateException("an answer of Dromedary is JSON", e);
    }
    return strings;
  }

  /** The parameter for the next page, or null if this is the last one. */
  @Nullable String next() {
    return has("next") ? string("next") : null;
  }

  /** The elements of a list, as JSON texts; empty if there is no such list. */
  List<String> elements(String name) {
    List<String> elements = new ArrayList<>();
    if (!has(name)) {
      return elements;
    }
    JsonReader array = new JsonReader(field(name).getBytes(UTF_8));
    try {
      array.beginArray();
      while (array.hasNextElement()) {
        elements.add(new String(array.read().toBytes(), UTF_8));
      }
    } catch (InvalidJsonException e) {
      throw new IllegalStateException("an answer of Dromedary is JSON", e);
    }
    return elements;
  }
}
