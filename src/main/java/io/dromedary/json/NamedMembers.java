package io.dromedary.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The names of JSON members, at any depth, whose values must not be shown. Immutable.
 *
 * @param names the names in lower case; one with dots is the path of a nested member
 */
public record NamedMembers(List<String> names) {

  /** The text that replaces a hidden value. */
  public static final String HIDDEN = "•••";

  private static final JsonFactory JSON = new JsonFactory();

  /** Shorter values are not hidden in texts, since they would also be parts of words. */
  private static final int SHORTEST_VALUE = 4;

  /** The most values, since each is searched for in each text. A payload has few. */
  private static final int MOST_VALUES = 100;

  public NamedMembers {
    names = List.copyOf(names);
  }

  /** Whether the last member of a path, in lower case, has one of these names. */
  public boolean has(List<String> path) {
    String last = path.get(path.size() - 1);
    for (String name : names) {
      if (name.indexOf('.') < 0
          ? name.equals(last)
          : ("." + String.join(".", path)).endsWith("." + name)) {
        return true;
      }
    }
    return false;
  }

  /** Returns the values to hide in a text, longest first; those before the error if it has one. */
  public List<String> values(byte[] json) {
    List<String> values = new ArrayList<>();
    List<String> path = new ArrayList<>();
    try (JsonParser in = JSON.createParser(json)) {
      for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
        if (token == JsonToken.START_OBJECT) {
          path.add("");
        } else if (token == JsonToken.END_OBJECT) {
          path.remove(path.size() - 1);
        } else if (token == JsonToken.FIELD_NAME) {
          path.set(path.size() - 1, in.currentName().toLowerCase(Locale.ROOT));
          if (has(path)) {
            in.nextToken();
            gather(in, values);
          }
        }
      }
    } catch (IOException e) {
      // The values before the error are known.
    }
    return longestFirst(values);
  }

  /** Sorts values in the order in which they must be hidden: no value after a part of it. */
  public static List<String> longestFirst(List<String> values) {
    return values.stream().sorted(Comparator.comparingInt(String::length).reversed()).toList();
  }

  /** Reads to the end of a value, and adds the strings and numbers in it. */
  public static void gather(JsonParser in, List<String> values) throws IOException {
    int depth = 0;
    do {
      JsonToken token = in.currentToken();
      if (token == null) {
        return;
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      boolean isText = token == JsonToken.VALUE_STRING || token.isNumeric();
      if (isText && in.getTextLength() >= SHORTEST_VALUE && values.size() < MOST_VALUES) {
        values.add(in.getText());
      }
      if (depth > 0) {
        in.nextToken();
      }
    } while (depth > 0);
  }

  /**
   * Hides values in a text, both in plain form and escaped as in JSON. If the text is cut off
   * within a value, the beginning of that value is hidden as well.
   */
  public static String hide(String text, List<String> values) {
    String hidden = text;
    for (String value : values) {
      hidden = hideOne(hidden, value);
      String escaped = new String(JsonStringEncoder.getInstance().quoteAsString(value));
      if (!escaped.equals(value)) {
        hidden = hideOne(hidden, escaped);
      }
    }
    return hidden;
  }

  private static String hideOne(String text, String value) {
    String hidden = text.replace(value, HIDDEN);
    for (int length = Math.min(value.length() - 1, hidden.length());
        length >= SHORTEST_VALUE;
        length--) {
      if (hidden.regionMatches(hidden.length() - length, value, 0, length)) {
        return hidden.substring(0, hidden.length() - length) + HIDDEN;
      }
    }
    return hidden;
  }
}
