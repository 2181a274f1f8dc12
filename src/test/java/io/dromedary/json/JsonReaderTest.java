package io.dromedary.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.json.InvalidJsonException.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {

  @Test
  void tellsTheKindOfEachValueUntilTheEnd() throws Exception {
    JsonReader reader = reader(" {} [] \"\" -1 0 true false null \n");
    List<JsonKind> kinds = new ArrayList<>();
    while (reader.peek() != JsonKind.END) {
      kinds.add(reader.peek());
      assertThat(reader.read().kind()).isEqualTo(kinds.get(kinds.size() - 1));
    }

    assertThat(kinds)
        .containsExactly(
            JsonKind.OBJECT,
            JsonKind.ARRAY,
            JsonKind.STRING,
            JsonKind.NUMBER,
            JsonKind.NUMBER,
            JsonKind.TRUE,
            JsonKind.FALSE,
            JsonKind.NULL);
    reader.end();
    assertThat(reader("").peek()).isEqualTo(JsonKind.END);
    assertThatThrownBy(reader(" ]")::peek).hasMessage("unexpected ']' at byte 1, expected a value");
  }

  @Test
  void readsFromAPartOfTheArray() throws Exception {
    byte[] lines = "{\"a\": 1}\n{\"a\": 2}\nx".getBytes(UTF_8);
    JsonReader reader = new JsonReader(lines, 9, 18);

    assertThat(reader.offset()).isEqualTo(9);
    assertThat(text(reader.read())).isEqualTo("{\"a\":2}");
    assertThat(reader.offset()).isEqualTo(18);
    reader.end();
    assertThatThrownBy(() -> new JsonReader(lines, 9, 21))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(new JsonReader(lines, 9, 16)::readObject)
        .hasMessage("unexpected end of text at byte 16, expected ',' or '}'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"batch\":[{\"b\":1,\"1\":0},{ }],\"context\":{\"x\": 1}}",
        " { \"context\" : {\"x\":1} , \"batch\" : [ {\"b\":1,\"1\":0} , {} ] } "
      })
  void stepsThroughAWrapperInAnyOrder(String wrapper) throws Exception {
    List<String> events = new ArrayList<>();
    String context = "";
    JsonReader reader = reader(wrapper);
    reader.beginObject();
    for (String name = reader.nextName(); name != null; name = reader.nextName()) {
      if (name.equals("batch")) {
        reader.beginArray();
        while (reader.hasNextElement()) {
          events.add(new String(reader.readObject().toBytes(), UTF_8));
        }
      } else {
        context = text(reader.read());
      }
    }
    reader.end();

    assertThat(events).containsExactly("{\"1\":0,\"b\":1}", "{}");
    assertThat(context).isEqualTo("{\"x\":1}");
  }

  @Test
  void stepsThroughWhatIsEmpty() throws Exception {
    JsonReader reader = reader("[{ },[ ], 1]");
    reader.beginArray();
    assertThat(reader.hasNextElement()).isTrue();
    reader.beginObject();
    assertThat(reader.nextName()).isNull();
    assertThat(reader.hasNextElement()).isTrue();
    reader.beginArray();
    assertThat(reader.hasNextElement()).isFalse();
    assertThat(reader.hasNextElement()).isTrue();
    assertThat(text(reader.read())).isEqualTo("1");
    assertThat(reader.hasNextElement()).isFalse();
    reader.end();
  }

  @Test
  void givesNamesAsTheyStandInTheText() throws Exception {
    JsonReader reader = reader("{\"b\":1,\"\\u0062\\n\\ud800\":2,\"b\":3,\"1\":4}");
    List<String> names = new ArrayList<>();
    reader.beginObject();
    for (String name = reader.nextName(); name != null; name = reader.nextName()) {
      names.add(name);
      reader.skip();
    }

    assertThat(names).containsExactly("b", "b\n\ud800", "b", "1");
  }

  @Test
  void saysWhatDoesNotFollowAnElementOrAMember() throws Exception {
    JsonReader array = reader("[1 2]");
    array.beginArray();
    assertThat(array.hasNextElement()).isTrue();
    array.skip();
    assertThatThrownBy(array::hasNextElement)
        .hasMessage("unexpected '2' at byte 3, expected ',' or ']'");

    JsonReader object = reader("{\"a\":1,}");
    object.beginObject();
    assertThat(object.nextName()).isEqualTo("a");
    object.skip();
    assertThatThrownBy(object::nextName)
        .hasMessage("unexpected '}' at byte 7, expected a name in double quotes");

    assertThatThrownBy(reader("{}")::beginArray)
        .hasMessage("unexpected '{' at byte 0, expected '['");
    assertThatThrownBy(reader(" []")::readObject)
        .hasMessage("unexpected '[' at byte 1, expected '{'");
  }

  @Test
  void goesOnAfterAValueThatIsRefused() throws Exception {
    String deep = "{\"a\":" + "[".repeat(5_000) + "\"]\\\"]\"" + "]".repeat(5_000) + "}";
    JsonReader reader =
        new JsonReader(
            ("[{\"a\":1}," + deep + ",{\"a\":\"\u00ff\\\\\"},[\"\u00ff}\"],{\"a\":2}]")
                .getBytes(ISO_8859_1));
    List<Object> found = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNextElement()) {
      int start = reader.offset();
      try {
        found.add(reader.peek() == JsonKind.OBJECT ? reader.readObject() : reader.read());
      } catch (InvalidJsonException e) {
        found.add(e.reason());
        reader.resume(start);
        reader.skip();
      }
    }
    reader.end();

    assertThat(found).hasSize(5);
    assertThat(found.subList(1, 4))
        .containsExactly(Reason.NESTING, Reason.ENCODING, Reason.ENCODING);
    assertThat(((JsonObject) found.get(0)).toBytes()).asString(UTF_8).isEqualTo("{\"a\":1}");
    assertThat(((JsonObject) found.get(4)).toBytes()).asString(UTF_8).isEqualTo("{\"a\":2}");
  }

  @Test
  void judgesAnEventAloneAndInABatchAlike() throws Exception {
    String event = "{\"a\":" + "[".repeat(999) + "]".repeat(999) + "}";
    JsonReader reader = reader("{\"batch\":[" + event + "]}");
    reader.beginObject();
    assertThat(reader.nextName()).isEqualTo("batch");
    reader.beginArray();
    assertThat(reader.hasNextElement()).isTrue();

    assertThat(reader.readObject().toBytes()).asString(UTF_8).isEqualTo(event);
    assertThatThrownBy(reader("{\"a\":[" + event + "]}")::readObject)
        .hasMessage(
            "nested too deeply: unexpected '[' at byte %d, expected no more than 1000 brackets"
                + " open",
            1_008);
  }

  @Test
  void goesOnAtTheNextLine() throws Exception {
    byte[] lines = "{\"a\":1}\n{\"b\":\n{\"c\":3}\n".getBytes(UTF_8);
    JsonReader reader = new JsonReader(lines);
    JsonObject first = reader.readObject();
    assertThatThrownBy(reader::readObject)
        .hasMessage("unexpected end of text at byte 22, expected ',' or '}'");
    reader.resume(14);
    JsonObject third = reader.readObject();
    reader.end();

    assertThat(first.toBytes()).asString(UTF_8).isEqualTo("{\"a\":1}");
    assertThat(third.toBytes()).asString(UTF_8).isEqualTo("{\"c\":3}");
    assertThatThrownBy(() -> reader.resume(23)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1",
        "-1.5e+3",
        "true",
        "\"\"",
        "\"\\\\\"",
        "\"\\\"\"",
        "\"}\"",
        "{}",
        "[]",
        "{\"a\":[1,\"]\\\\\",{}],\"b\":\"\\\"{\"}",
        "[[[],[]],{}]"
      })
  void skipsOneValue(String value) throws Exception {
    JsonReader reader = reader(value + " 7");
    reader.skip();

    assertThat(text(reader.read())).isEqualTo("7");
  }

  /** Python writes these words. Whether a word is one of them is clear only at its end. */
  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "-Infinity"})
  void goesOnBehindAValueWithANumberThatIsNone(String word) throws Exception {
    String refused = "{\"a\":[\"}\"," + word + "],\"b\":{\"c\":NaN}}";
    JsonReader reader = reader("[" + word + " ," + refused + " , {\"a\":1},[" + word + "]]");
    List<Reason> reasons = new ArrayList<>();
    List<String> read = new ArrayList<>();
    reader.beginArray();
    while (reader.hasNextElement()) {
      try {
        JsonKind kind = reader.peek();
        read.add(
            new String(
                kind == JsonKind.OBJECT ? reader.readObject().toBytes() : reader.read().toBytes(),
                UTF_8));
      } catch (InvalidJsonException e) {
        reasons.add(e.reason());
      }
    }
    reader.end();

    assertThat(read).containsExactly("{\"a\":1}");
    assertThat(reasons).hasSize(3).containsOnly(Reason.NOT_FINITE);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NaNN",
        "nan",
        "NAN",
        "+NaN",
        "-NaN",
        "Na",
        "+Infinity",
        "Infinit",
        "Infinityy",
        "-infinity",
        "--Infinity",
        "- Infinity",
        "-Infinity1",
        "NaN1",
        "1NaN",
        "NaN NaN",
        "\"a\"NaN",
        "INF"
      })
  void knowsNoOtherWordsForNumbers(String word) {
    for (String text : List.of("[" + word + "]", "{\"a\":NaN,\"b\":" + word + "}")) {
      assertThatThrownBy(reader(text)::read)
          .isInstanceOfSatisfying(
              InvalidJsonException.class,
              e -> assertThat(e.reason()).as(text).isEqualTo(Reason.SYNTAX));
    }
  }

  @Test
  void isNoName() {
    assertThatThrownBy(reader("{NaN:1}")::readObject)
        .hasMessage("unexpected 'N' at byte 1, expected a name in double quotes");
  }

  /** The content is not checked, but a bracket of another kind does not end the value. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":1]}    | unexpected ']' at byte 6, expected '}'",
        "[1,[2},3]    | unexpected '}' at byte 5, expected ']'",
        "[{\"a\":[}]   | unexpected '}' at byte 7, expected ']'"
      })
  void doesNotSkipToABracketOfAnotherKind(String value, String message) {
    assertThatThrownBy(reader(value)::skip).hasMessage(message);
  }

  @Test
  void skipsNothingThatHasNoEnd() {
    assertThatThrownBy(reader(" ")::skip)
        .hasMessage("unexpected end of text at byte 1, expected a value");
    assertThatThrownBy(reader(",")::skip).hasMessage("unexpected ',' at byte 0, expected a value");
    assertThatThrownBy(reader("[[1]")::skip)
        .hasMessage("unexpected end of text at byte 4, expected the rest of a value");
    assertThatThrownBy(reader("[\"\\\"]")::skip)
        .hasMessage("unexpected end of text at byte 5, expected the rest of a string");
    assertThatThrownBy(reader("\"\\")::skip)
        .hasMessage("unexpected end of text at byte 2, expected the rest of a string");
  }

  /** Numbers can become longer, so the buffer is replaced several times here. */
  @Test
  void keepsWhatWasReadWhileTheBufferGrows() throws Exception {
    JsonReader reader = reader("{\"a\":1e20} [" + "1e20,".repeat(10_000) + "0]");
    JsonObject first = reader.readObject();
    JsonValue numbers = reader.read();

    assertThat(first.toBytes()).asString(UTF_8).isEqualTo("{\"a\":100000000000000000000}");
    assertThat(text(numbers)).isEqualTo("[" + "100000000000000000000,".repeat(10_000) + "0]");
  }

  private static JsonReader reader(String text) {
    return new JsonReader(text.getBytes(UTF_8));
  }

  private static String text(JsonValue value) {
    assertThat(value.toBytes()).hasSize(value.length());
    return new String(value.toBytes(), UTF_8);
  }
}
