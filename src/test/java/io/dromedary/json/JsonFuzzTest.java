package io.dromedary.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Random;
import java.util.stream.Stream;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Value;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compares the reading of any bytes with the {@code JSON} of a JavaScript engine: both reject them,
 * or both write the same. Only Dromedary rejects text that is nested too deeply, and bytes that are
 * not text.
 */
class JsonFuzzTest {

  private static final int MOST_OPEN = 1_000;

  private static final Context ENGINE =
      Context.newBuilder("js").option("engine.WarnInterpreterOnly", "false").build();

  /**
   * The engine's output, and the values of an object by their names; null if it rejects the text.
   */
  private static final Value ORACLE =
      ENGINE.eval(
          "js",
          """
          text => {
            try {
              const value = JSON.parse(text);
              const members = value !== null && typeof value === 'object' && !Array.isArray(value)
                ? Object.keys(value).slice(0, 20).flatMap(name => [name, JSON.stringify(value[name])])
                : [];
              return [JSON.stringify(value), ...members];
            } catch (e) {
              if (e instanceof SyntaxError) { return null; }
              throw e;
            }
          }
          """);

  @AfterAll
  static void closeTheEngine() {
    ENGINE.close();
  }

  static Stream<byte[]> seeds() throws IOException {
    HostileJson hostile = new HostileJson(new Random(16));
    return Stream.concat(
            Vector.all().stream().map(Vector::input), Stream.generate(hostile::document).limit(20))
        .map(text -> text.getBytes(UTF_8));
  }

  @MethodSource("seeds")
  @FuzzTest
  void isReadAsByJavaScript(byte[] input) {
    String text = text(input);
    Value expected = text == null || isTooDeep(input) ? null : ORACLE.execute(text);
    byte[] written;
    try {
      written = JsonStringify.stringify(input);
    } catch (InvalidJsonException e) {
      assertThat(expected == null || expected.isNull()).as("is refused: %s", e).isTrue();
      assertThat(e.offset()).isBetween(0, input.length);
      assertThat(e.getMessage()).hasSizeLessThan(200);
      return;
    }
    assertThat(expected).as("no text, or too deep").isNotNull();
    assertThat(expected.isNull()).as("no JSON").isFalse();
    assertThat(new String(written, UTF_8)).isEqualTo(expected.getArrayElement(0).asString());
    try {
      assertThat(JsonStringify.stringify(written)).as("is a fixed point").isEqualTo(written);
      if (written[0] == '{') {
        checkMembers(input, written, expected);
      }
      checkSkip(input);
    } catch (InvalidJsonException e) {
      throw new AssertionError("read once, refused then", e);
    }
  }

  private static void checkMembers(byte[] input, byte[] written, Value expected)
      throws InvalidJsonException {
    JsonReader reader = new JsonReader(input);
    JsonObject object = reader.readObject();
    reader.end();
    assertThat(object.toBytes()).isEqualTo(written);
    for (long i = 1; i < expected.getArraySize(); i += 2) {
      JsonValue value = object.get(expected.getArrayElement(i).asString());
      assertThat(value).isNotNull();
      assertThat(new String(value.toBytes(), UTF_8))
          .isEqualTo(expected.getArrayElement(i + 1).asString());
    }
  }

  /** Checks that skipping a value ends at the same place as reading it. */
  private static void checkSkip(byte[] input) throws InvalidJsonException {
    JsonReader reader = new JsonReader(input);
    reader.skip();
    reader.end();
  }

  private static @Nullable String text(byte[] input) {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(input)).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static boolean isTooDeep(byte[] input) {
    int open = 0;
    int most = 0;
    boolean inString = false;
    for (int i = 0; i < input.length; i++) {
      switch (input[i]) {
        case '\\' -> i += inString ? 1 : 0;
        case '"' -> inString = !inString;
        case '[', '{' -> open += inString ? 0 : 1;
        case ']', '}' -> open -= inString ? 0 : 1;
        default -> {}
      }
      most = Math.max(most, open);
    }
    return most > MOST_OPEN;
  }
}
