package io.dromedary.event;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A JSON value in the place of an event, with its position in the text.
 *
 * @param index its index in its batch, from 0
 * @param event the value, or null if it is not an object or cannot be read
 * @param end the offset behind it, without trailing white space
 * @param refused why it cannot be read, or null
 */
record Element(
    int index,
    @Nullable JsonObject event,
    JsonKind kind,
    int start,
    int end,
    @Nullable InvalidJsonException refused) {

  /**
   * Reads the elements of an array.
   *
   * @param most how many the caller accepts. One more is read, if there is one, so that the caller
   *     can tell that there are too many; the rest is not read.
   */
  static List<Element> readAll(JsonReader json, byte[] text, int most) throws InvalidJsonException {
    List<Element> found = new ArrayList<>();
    json.beginArray();
    while (found.size() <= most && json.hasNextElement()) {
      found.add(read(json, text, found.size()));
    }
    return found;
  }

  /**
   * Reads one value. A value that is nested too deeply, is not in UTF-8 or has {@code NaN} for a
   * number is stepped over, and the rest of its batch can be read.
   *
   * @throws InvalidJsonException if the JSON is broken in another way, so that the end of the value
   *     is unknown and the rest of the batch cannot be read
   */
  static Element read(JsonReader json, byte[] text, int index) throws InvalidJsonException {
    JsonKind kind = json.peek();
    int start = json.offset();
    try {
      JsonObject event = null;
      if (kind == JsonKind.OBJECT) {
        event = json.readObject();
      } else {
        json.read();
      }
      return new Element(index, event, kind, start, end(text, start, json.offset()), null);
    } catch (InvalidJsonException e) {
      switch (e.reason()) {
        case SYNTAX -> throw e;
        case NOT_FINITE -> {
          // It has been read to its end.
        }
        case NESTING, ENCODING -> {
          json.resume(start);
          json.skip();
        }
      }
      return new Element(index, null, kind, start, end(text, start, json.offset()), e);
    }
  }

  /** The offset behind a value, without the white space after it. */
  private static int end(byte[] text, int start, int next) {
    int end = next;
    while (end > start && text[end - 1] <= ' ' && text[end - 1] >= 0) {
      end--;
    }
    return end;
  }

  /** The name of a kind of value in an error message. */
  static String shown(@Nullable JsonKind kind) {
    if (kind == null) {
      return "nothing";
    }
    return switch (kind) {
      case OBJECT -> "an object";
      case ARRAY -> "an array";
      case STRING -> "a string";
      case NUMBER -> "a number";
      case TRUE, FALSE -> "a boolean";
      case NULL -> "null";
      case END -> "nothing";
    };
  }

  /** Its length in bytes, as received. */
  int length() {
    return end - start;
  }

  /**
   * The {@code messageId} of the event, or null if it has none. A number is replaced by a string of
   * the digits that the sender wrote. As a double it would lose digits, and two events could end up
   * with the same id.
   */
  @Nullable String messageId(JsonObject event, byte[] text) {
    JsonValue value = event.get("messageId");
    if (value == null || value.kind() != JsonKind.NUMBER) {
      return value == null ? null : EventCompletion.string(value);
    }
    String digits = digits(text);
    event.put("messageId", JsonValue.ofString(digits));
    return digits;
  }

  private String digits(byte[] text) {
    String digits = "";
    try {
      JsonReader json = new JsonReader(text, start, end);
      json.beginObject();
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        int from = json.offset();
        json.skip();
        // If a name occurs twice, the last value counts.
        if (name.equals("messageId")) {
          digits = new String(text, from, end(text, from, json.offset()) - from, US_ASCII);
        }
      }
    } catch (InvalidJsonException e) {
      throw new AssertionError("an event that was read before cannot be read again", e);
    }
    return digits;
  }
}
