package io.dromedary.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An answer of the API as a tree. A value that is missing, or has another type than the one
 * requested, reads as empty. Immutable.
 */
final class JsonTree {

  private static final JsonFactory JSON = new JsonFactory();
  private static final JsonTree NOTHING = new JsonTree(null);

  /** A map, a list, or the text of any other value; null if the value is missing or null. */
  private final @Nullable Object value;

  private JsonTree(@Nullable Object value) {
    this.value = value;
  }

  static JsonTree of(String json) {
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      return new JsonTree(read(parser));
    } catch (IOException e) {
      throw new IllegalStateException("The API has answered something that is not JSON.", e);
    }
  }

  private static @Nullable Object read(JsonParser parser) throws IOException {
    JsonToken token = parser.currentToken();
    if (token == JsonToken.START_OBJECT) {
      Map<String, JsonTree> members = new LinkedHashMap<>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String name = parser.currentName();
        parser.nextToken();
        members.put(name, new JsonTree(read(parser)));
      }
      return members;
    }
    if (token == JsonToken.START_ARRAY) {
      List<JsonTree> elements = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        elements.add(new JsonTree(read(parser)));
      }
      return elements;
    }
    return token == JsonToken.VALUE_NULL ? null : parser.getText();
  }

  /** A member of an object. */
  JsonTree get(String name) {
    return value instanceof Map<?, ?> members && members.get(name) instanceof JsonTree member
        ? member
        : NOTHING;
  }

  /** The members of an object, by name. */
  Map<String, JsonTree> members() {
    Map<String, JsonTree> all = new LinkedHashMap<>();
    if (value instanceof Map<?, ?> members) {
      members.forEach(
          (name, member) -> {
            if (member instanceof JsonTree tree) {
              all.put(String.valueOf(name), tree);
            }
          });
    }
    return all;
  }

  /** The elements of an array. */
  List<JsonTree> elements() {
    return value instanceof List<?> elements
        ? elements.stream().map(each -> each instanceof JsonTree tree ? tree : NOTHING).toList()
        : List.of();
  }

  /** The text of a value that is neither an object nor an array; empty if there is none. */
  String text() {
    return value instanceof String text ? text : "";
  }

  /** A whole number; 0 if there is none. */
  long number() {
    return text().matches("-?\\d{1,18}") ? Long.parseLong(text()) : 0;
  }
}
