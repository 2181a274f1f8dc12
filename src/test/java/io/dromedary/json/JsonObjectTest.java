package io.dromedary.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonObjectTest {

  @Test
  void hasItsMembersInTheOrderOfJavaScript() throws Exception {
    JsonObject object =
        object("{\"b\": 1, \"2\": [ ], \"b\": 2, \"10\": {}, \"01\": 3, \"2\": null}");

    assertThat(text(object)).isEqualTo("{\"2\":null,\"10\":{},\"b\":2,\"01\":3}");
    assertThat(object.size()).isEqualTo(4);
    assertThat(object.length()).isEqualTo(31);
    assertThat(text(object("{}"))).isEqualTo("{}");
    assertThat(object("{}").length()).isEqualTo(2);
  }

  @Test
  void givesBackTheMemoryOfWhatWasPut() throws Exception {
    JsonReader json = new JsonReader("[{\"a\":1},{\"b\":2}]".getBytes(UTF_8));
    json.beginArray();
    assertThat(json.hasNextElement()).isTrue();
    JsonObject first = json.readObject();
    assertThat(json.hasNextElement()).isTrue();
    JsonObject second = json.readObject();

    int mark = first.mark();
    first.put("c", JsonValue.ofNumber(3));
    assertThat(text(first)).isEqualTo("{\"a\":1,\"c\":3}");
    first.reset(mark);

    assertThat(second.mark()).isEqualTo(mark);
    second.put("d", JsonValue.ofNumber(4));
    assertThat(text(second)).isEqualTo("{\"b\":2,\"d\":4}");
  }

  @Test
  void getsWhatItHas() throws Exception {
    JsonObject object = object("{\"userId\":\"u\",\"n\":null,\"use\":1,\"\":2}");

    assertThat(text(object.get("userId"))).isEqualTo("\"u\"");
    assertThat(text(object.get("n"))).isEqualTo("null");
    assertThat(text(object.get("use"))).isEqualTo("1");
    assertThat(text(object.get(""))).isEqualTo("2");
    assertThat(object.get("user")).isNull();
    assertThat(object.get("userIds")).isNull();
    assertThat(object.get("us")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a\nb", "\"", "\\n", "é", "\ud83d\ude00", "\ud83d", "\u0000", "__proto__"})
  void findsNamesHoweverTheyAreWritten(String name) throws Exception {
    StringBuilder escaped = new StringBuilder();
    name.chars().forEach(c -> escaped.append(String.format("\\u%04X", c)));
    JsonObject object = object("{\"" + escaped + "\":1,\"x\":2}");

    assertThat(text(object.get(name))).isEqualTo("1");
    object.put(name, JsonValue.ofNumber(3));
    assertThat(object.size()).isEqualTo(2);
    assertThat(text(object.get(name))).isEqualTo("3");
    object.remove(name);
    assertThat(text(object)).isEqualTo("{\"x\":2}");
  }

  @Test
  void takesAnEscapeNotForWhatItIsWrittenWith() throws Exception {
    assertThat(object("{\"\\n\":1}").get("\\n")).isNull();
  }

  @Test
  void putsAMemberInItsPlace() throws Exception {
    JsonObject object = object("{\"5\":0,\"a\":1,\"b\":2}");
    object.put("a", JsonValue.ofString("ä\n\"\ud800"));
    object.put("c", JsonValue.ofNumber(-12));
    object.put("10", JsonValue.ofNumber(1));
    object.put("3", JsonValue.ofNumber(1));
    object.put("03", object("{\"z\":[ ]}").toValue());

    assertThat(text(object))
        .isEqualTo(
            "{\"3\":1,\"5\":0,\"10\":1,\"a\":\"ä\\n"
                + "\\\"\\ud800\",\"b\":2,\"c\":-12,\"03\":{\"z\":[]}}");
  }

  @Test
  void putsOneOfItsOwnValues() throws Exception {
    JsonObject object = object("{\"a\":[1]}");
    for (int i = 0; i < 100; i++) {
      object.put("b" + i, Objects.requireNonNull(object.get("a")));
    }
    object.put("a", object.toValue());

    assertThat(object.size()).isEqualTo(101);
    assertThat(text(object)).startsWith("{\"a\":{\"a\":[1],\"b0\":[1],").endsWith(",\"b99\":[1]}");
  }

  /** The buffer becomes full at different bytes of different members. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9})
  void putsMoreThanTheBufferHasRoomFor(int length) throws Exception {
    JsonObject object = object("{}");
    StringBuilder expected = new StringBuilder();
    for (int i = 100; i < 1_000; i++) {
      String name = "n".repeat(length) + "-" + i;
      object.put(name, JsonValue.ofNumber(1));
      expected.append(",\"").append(name).append("\":1");
    }

    assertThat(text(object)).isEqualTo("{" + expected.substring(1) + "}");
  }

  @Test
  void removesMembers() throws Exception {
    JsonObject object = object("{\"a\":1,\"writeKey\":2,\"c\":3}");
    object.remove("writeKey");
    object.remove("none");
    assertThat(text(object)).isEqualTo("{\"a\":1,\"c\":3}");
    object.remove("c");
    object.remove("a");
    assertThat(text(object)).isEqualTo("{}");
  }

  @Test
  void addsWhatIsAbsentOfAnotherReadersObject() throws Exception {
    JsonObject object = object("{\"b\":{\"own\":1},\"7\":0,\"a\":null}");
    object.addAllAbsent(object("{\"a\":1,\"3\":2,\"b\":3,\"c\":{\"x\":[4]}}"));
    assertThat(text(object))
        .isEqualTo("{\"3\":2,\"7\":0,\"b\":{\"own\":1},\"a\":null,\"c\":{\"x\":[4]}}");

    object.addAllAbsent(object);
    object.addAllAbsent(object("{}"));
    assertThat(object.size()).isEqualTo(5);
  }

  @Test
  void addsWhatIsAbsentOfAnObjectOfTheSameReader() throws Exception {
    JsonReader reader = new JsonReader("{\"a\":1} {\"b\":2,\"a\":3}".getBytes(UTF_8));
    JsonObject first = reader.readObject();
    JsonObject second = reader.readObject();
    first.addAllAbsent(second);
    second.put("c", JsonValue.ofNumber(4));

    assertThat(text(first)).isEqualTo("{\"a\":1,\"b\":2}");
    assertThat(text(second)).isEqualTo("{\"b\":2,\"a\":3,\"c\":4}");
  }

  @Test
  void isReadOutOfAValueAndChangesNothingThere() throws Exception {
    JsonObject event = object("{\"context\":{\"ip\":\"1\"}}");
    JsonValue value = Objects.requireNonNull(event.get("context"));
    JsonObject context = value.asObject();
    context.put("ip", JsonValue.ofString("2"));
    assertThat(text(event)).isEqualTo("{\"context\":{\"ip\":\"1\"}}");

    event.put("context", context.toValue());
    assertThat(text(event)).isEqualTo("{\"context\":{\"ip\":\"2\"}}");
    assertThat(text(value)).isEqualTo("{\"ip\":\"1\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "-7,-7",
    "9007199254740993,9007199254740992",
    "-9223372036854775808,-9223372036854776000"
  })
  void writesWholeNumbersAsJavaScriptDoes(long number, String expected) {
    assertThat(text(JsonValue.ofNumber(number))).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "plain",
        "\"\\/\b\f\n\r\t\u0001\u007f",
        "\ud83d\ude00é\u2028",
        "\ude00\ud83d",
        "\\u0041"
      })
  void saysWhatAStringSays(String string) throws Exception {
    assertThat(JsonValue.ofString(string).asString()).isEqualTo(string);
    assertThat(JsonStringify.stringify(JsonValue.ofString(string).toBytes()))
        .isEqualTo(JsonValue.ofString(string).toBytes());
  }

  @Test
  void saysWhatAValueIsNot() {
    assertThatThrownBy(JsonValue.ofNumber(1)::asString)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("expected the kind STRING, found NUMBER");
    assertThatThrownBy(JsonValue.ofString("{")::asObject)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("expected the kind OBJECT, found STRING");
  }

  private static JsonObject object(String text) throws InvalidJsonException {
    return new JsonReader(text.getBytes(UTF_8)).readObject();
  }

  private static String text(JsonObject object) {
    return new String(object.toBytes(), UTF_8);
  }

  private static String text(@Nullable JsonValue value) {
    return new String(Objects.requireNonNull(value).toBytes(), UTF_8);
  }
}
