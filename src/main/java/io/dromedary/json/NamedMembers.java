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
 * Members of JSON whose values are not to be shown, by their names at any depth. Immutable.
 *
 * @param names in lower case; with dots, a member of a member
 */
public record NamedMembers(List<String> names) {

  /** Stands for what is not shown. */
  public static final String HIDDEN = "•••";

  private static final JsonFactory JSON = new JsonFactory();

  /** Shorter values would also be parts of words. */
  private static final int SHORTEST_VALUE = 4;

  /** A payload has few; each is looked for in each text. */
  private static final int MOST_VALUES = 100;

  public NamedMembers {
    names = List.copyOf(names);
  }

  /** Whether the last member of a path, in lower case, is one of them. */
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

  /** The values in a text, the longest first; of what is no JSON, those before it ends to be. */
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
      // What there is before is known.
    }
    return longestFirst(values);
  }

  /** Values in the order in which they are hidden. */
  public static List<String> longestFirst(List<String> values) {
    return values.stream().sorted(Comparator.comparingInt(String::length).reversed()).toList();
  }

  /** Reads to the end of a value, and notes the texts in it. */
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
   * A text without values, as they are or as JSON writes them, and without the beginning of one
   * where the text is cut off.
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
