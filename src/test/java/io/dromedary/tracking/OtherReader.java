package io.dromedary.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;

/** Reads JSON with Jackson, as an independent reference. */
final class OtherReader {

  private static final JsonFactory JSON = new JsonFactory();

  /** Accepts NaN, Infinity and -Infinity as numbers. */
  private static final JsonFactory WITH_NAN =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private OtherReader() {}

  /** The members of an object. Fails if the text is not valid JSON. */
  static Map<String, String> members(byte[] json) throws IOException {
    Map<String, String> members = new HashMap<>();
    try (JsonParser parser = JSON.createParser(json)) {
      assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        assertThat(members.put(name, parser.getText())).as("comes once: %s", name).isNull();
        parser.skipChildren();
      }
      assertThat(parser.nextToken()).as("the end").isNull();
    }
    return members;
  }

  /** The number of elements in the last batch of an object, or -1 if it is unknown. */
  static int elements(byte[] text) {
    int elements = -1;
    try (JsonParser parser = WITH_NAN.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return -1;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isBatch = parser.currentName().equals("batch");
        if (parser.nextToken() == JsonToken.START_ARRAY && isBatch) {
          elements = 0;
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            elements++;
            parser.skipChildren();
          }
        }
        parser.skipChildren();
      }
      return elements;
    } catch (IOException e) {
      return -1; // too long or too deep for it, or no UTF-8
    }
  }
}
