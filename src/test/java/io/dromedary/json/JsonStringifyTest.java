package io.dromedary.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.dromedary.json.InvalidJsonException.Reason;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class JsonStringifyTest {

  static List<Vector> vectors() throws IOException {
    return Vector.all();
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void givesWhatAJavaScriptEngineGave(Vector vector) throws Exception {
    assertThat(stringify(vector.input())).isEqualTo(vector.output());
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void leavesItsOwnOutputAsItIs(Vector vector) throws Exception {
    assertThat(stringify(vector.output())).isEqualTo(vector.output());
  }

  /** In addition to the vectors, the cases at which the code takes another branch. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          123456789012345            | 123456789012345
          1234567890123456           | 1234567890123456
          -12345678901234567         | -12345678901234568
          0.000001000                | 0.000001
          0.00000100000000000001     | 0.00000100000000000001
          0.00000099999              | 9.9999e-7
          1234567890.12345           | 1234567890.12345
          1234567890.123456789       | 1234567890.1234567
          -120.500                   | -120.5
          100.000                    | 100
          -0.000e5                   | 0
          0E400                      | 0
          999999999999999999999      | 1e+21
          99999999999999990000       | 99999999999999980000
          1e23                       | 1e+23
          -1.25E-300                 | -1.25e-300
          4.9E-324                   | 5e-324
          9.8e-324                   | 1e-323
          9.8E-323                   | 1e-322
          1.2e-322                   | 1.2e-322
          2.4703282292062327e-324    | 0
          2.4703282292062328e-324    | 5e-324
          1.7976931348623158e308     | 1.7976931348623157e+308
          1.7976931348623159e308     | null
          """)
  void writesNumbersAsEcmaScriptDoes(String literal, String expected) throws Exception {
    assertThat(stringify(literal)).isEqualTo(expected);
  }

  /**
   * Java writes at least two digits. These doubles include all for which one digit can be enough
   * although the second is not a zero.
   */
  @Test
  void writesTheSmallestNumbersWithOneDigitIfItIsEnough() throws Exception {
    for (long bits = 1; bits <= 2_100; bits++) {
      double value = Double.longBitsToDouble(bits);
      String written = stringify(Double.toString(value));

      BigDecimal exact = new BigDecimal(value);
      BigDecimal expected = exact;
      for (int digits = 5; digits > 0; digits--) {
        BigDecimal rounded = exact.round(new MathContext(digits));
        if (rounded.doubleValue() == value) {
          expected = rounded;
        }
      }
      assertThat(new BigDecimal(written)).isEqualByComparingTo(expected);
    }
  }

  @Test
  void readsANumberOfAMillionDigits() throws Exception {
    String zeros = "0".repeat(1_000_000);
    assertThat(stringify("1" + zeros)).isEqualTo("null");
    assertThat(stringify("0." + zeros + "12e1000001")).isEqualTo("1.2");
    assertThat(stringify("[1e" + zeros + "2]")).isEqualTo("[100]");
  }

  @Test
  void mergesAndOrdersManyMembers() throws Exception {
    String names =
        String.join(",", IntStream.range(0, 5_000).mapToObj(i -> "\"k" + i + "\":0").toList());
    String indices =
        String.join(",", IntStream.range(0, 5_000).mapToObj(i -> "\"" + i + "\":[]").toList());
    String reversed =
        String.join(
            ",", IntStream.range(0, 5_000).mapToObj(i -> "\"" + (4_999 - i) + "\":{}").toList());

    assertThat(stringify("[{" + names + "," + reversed + "," + names + "," + indices + "}]"))
        .isEqualTo("[{" + indices + "," + names + "}]");
  }

  @Test
  void keepsNamesApartThatHaveTheSameHash() throws Exception {
    String object = "{\"abcdefghijklmn\":1,\"xiyqdfnhT3w8Q)\":2,\"kamwplahG.*ZR5\":3}";
    assertThat(stringify(object)).isEqualTo(object);
  }

  static Stream<Arguments> notJson() {
    return Stream.of(
        arguments("", "unexpected end of text at byte 0, expected a value"),
        arguments(" \n", "unexpected end of text at byte 2, expected a value"),
        arguments("\u00ef\u00bb\u00bf{}", "unexpected byte order mark at byte 0, expected a value"),
        arguments("\u00ef{}", "unexpected 0xef at byte 0, expected a value"),
        arguments("\u00a01", "unexpected 0xa0 at byte 0, expected a value"),
        arguments("\f1", "unexpected 0x0c at byte 0, expected a value"),
        arguments("NaN", "unexpected 'N' at byte 0, expected a value"),
        arguments("-Infinity", "unexpected 'I' at byte 1, expected a digit"),
        arguments("undefined", "unexpected 'u' at byte 0, expected a value"),
        arguments("trve", "unexpected 'v' at byte 2, expected true"),
        arguments("nul", "unexpected end of text at byte 3, expected null"),
        arguments("falsey", "unexpected 'y' at byte 5, expected the end of the text"),
        arguments("{} {}", "unexpected '{' at byte 3, expected the end of the text"),
        arguments("[1]]", "unexpected ']' at byte 3, expected the end of the text"),
        arguments("// x\n1", "unexpected '/' at byte 0, expected a value"),
        arguments("1/* x */", "unexpected '/' at byte 1, expected the end of the text"),
        arguments("+1", "unexpected '+' at byte 0, expected a value"),
        arguments(".5", "unexpected '.' at byte 0, expected a value"),
        arguments("1.", "unexpected end of text at byte 2, expected a digit"),
        arguments("1.e5", "unexpected 'e' at byte 2, expected a digit"),
        arguments("1e", "unexpected end of text at byte 2, expected a digit"),
        arguments("[1e+]", "unexpected ']' at byte 4, expected a digit"),
        arguments("-", "unexpected end of text at byte 1, expected a digit"),
        arguments("01", "unexpected '1' at byte 1, expected the end of the text"),
        arguments("[-012]", "unexpected '1' at byte 3, expected ',' or ']'"),
        arguments("0x10", "unexpected 'x' at byte 1, expected the end of the text"),
        arguments("1_000", "unexpected '_' at byte 1, expected the end of the text"),
        arguments("[1,]", "unexpected ']' at byte 3, expected a value"),
        arguments("[,1]", "unexpected ',' at byte 1, expected a value"),
        arguments("[1 2]", "unexpected '2' at byte 3, expected ',' or ']'"),
        arguments("[1}", "unexpected '}' at byte 2, expected ',' or ']'"),
        arguments("[1", "unexpected end of text at byte 2, expected ',' or ']'"),
        arguments("{\"a\":1,}", "unexpected '}' at byte 7, expected a name in double quotes"),
        arguments("{,}", "unexpected ',' at byte 1, expected a name in double quotes"),
        arguments("{a:1}", "unexpected 'a' at byte 1, expected a name in double quotes"),
        arguments("{'a':1}", "unexpected \"'\" at byte 1, expected a name in double quotes"),
        arguments("{\"a\" 1}", "unexpected '1' at byte 5, expected ':'"),
        arguments("{\"a\":}", "unexpected '}' at byte 5, expected a value"),
        arguments("{\"a\":1]", "unexpected ']' at byte 6, expected ',' or '}'"),
        arguments("{\"a\":1 \"b\":2}", "unexpected '\"' at byte 7, expected ',' or '}'"),
        arguments("{", "unexpected end of text at byte 1, expected a name in double quotes"),
        arguments("'a'", "unexpected \"'\" at byte 0, expected a value"),
        arguments("\"a", "unexpected end of text at byte 2, expected the rest of a string"),
        arguments("\"a\nb\"", "unexpected 0x0a at byte 2, expected the rest of a string"),
        arguments("\"\u0000\"", "unexpected 0x00 at byte 1, expected the rest of a string"),
        arguments(
            "\"\\x41\"", "unexpected 'x' at byte 2, expected one of \"\\/bfnrtu after a backslash"),
        arguments(
            "\"\\",
            "unexpected end of text at byte 2, expected one of \"\\/bfnrtu after a backslash"),
        arguments(
            "\"\\u12g4\"", "unexpected 'g' at byte 5, expected four hexadecimal digits after \\u"),
        arguments(
            "\"\\ud83d\\u12\"",
            "unexpected '\"' at byte 11, expected four hexadecimal digits after \\u"));
  }

  @ParameterizedTest
  @MethodSource("notJson")
  void saysWhereATextIsNotJson(String bytes, String message) {
    InvalidJsonException e = refusal(bytes.getBytes(ISO_8859_1));

    assertThat(e).hasMessage(message);
    boolean isNotFinite = bytes.equals("NaN") || bytes.equals("-Infinity");
    assertThat(e.reason()).isEqualTo(isNotFinite ? Reason.NOT_FINITE : Reason.SYNTAX);
    assertThat(message).contains(" at byte " + e.offset() + ",");
    assertThat(e.getStackTrace()).isEmpty();
  }

  static Stream<Arguments> notUtf8() {
    return Stream.of(
        arguments(
            "\"\u0080\"", "unexpected 0x80 at byte 1, expected the first byte of a character"),
        arguments(
            "\"\u00c1\u0081\"",
            "unexpected 0xc1 at byte 1, expected the first byte of a character"),
        arguments(
            "\"\u00f5\u0080\"",
            "unexpected 0xf5 at byte 1, expected the first byte of a character"),
        arguments(
            "\"\u00ff\"", "unexpected 0xff at byte 1, expected the first byte of a character"),
        arguments("\"\u00c3\"", "unexpected '\"' at byte 2, expected 0x80 to 0xbf"),
        arguments("\"\u00c3", "unexpected end of text at byte 2, expected 0x80 to 0xbf"),
        arguments("\"\u00c3\u00c3\"", "unexpected 0xc3 at byte 2, expected 0x80 to 0xbf"),
        arguments("\"\u00e0\u009f\u00bf\"", "unexpected 0x9f at byte 2, expected 0xa0 to 0xbf"),
        arguments("\"\u00ed\u00a0\u0080\"", "unexpected 0xa0 at byte 2, expected 0x80 to 0x9f"),
        arguments("\"\u00e2\u0082x\"", "unexpected 'x' at byte 3, expected 0x80 to 0xbf"),
        arguments(
            "\"\u00f0\u008f\u00bf\u00bf\"", "unexpected 0x8f at byte 2, expected 0x90 to 0xbf"),
        arguments(
            "\"\u00f4\u0090\u0080\u0080\"", "unexpected 0x90 at byte 2, expected 0x80 to 0x8f"),
        arguments(
            "{\"\u00ff\":1}", "unexpected 0xff at byte 2, expected the first byte of a character"));
  }

  @ParameterizedTest
  @MethodSource("notUtf8")
  void saysWhereAStringIsNotUtf8(String bytes, String message) {
    InvalidJsonException e = refusal(bytes.getBytes(ISO_8859_1));

    assertThat(e).hasMessage("malformed UTF-8: " + message);
    assertThat(e.reason()).isEqualTo(Reason.ENCODING);
  }

  @Test
  void takesTheFirstAndLastCharacterOfEachLengthInUtf8() throws Exception {
    String edges = "\u007f\u0080\u07ff\u0800\ud7ff\ue000\uffff\ud800\udc00\udbff\udfff";
    StringBuilder escaped = new StringBuilder();
    edges.chars().forEach(c -> escaped.append(String.format("\\u%04X", c)));

    assertThat(stringify('"' + edges + '"')).isEqualTo('"' + edges + '"');
    assertThat(stringify("\"" + escaped + '"')).isEqualTo('"' + edges + '"');
  }

  @ParameterizedTest
  @CsvSource({
    "\\ud83d\\u0041, \\ud83dA",
    "\\ud83d\\ud83d\\ude00, \\ud83d\ud83d\ude00",
    "\\uD83D\\n\\uDE00, \\ud83d\\n\\ude00",
    "\\ud83d\\\\ude00, \\ud83d\\\\ude00"
  })
  void joinsOnlyHalvesThatFollowEachOther(String text, String expected) throws Exception {
    assertThat(stringify('"' + text + '"')).isEqualTo('"' + expected + '"');
  }

  @Test
  void takesAThousandBracketsOpenAtOnceAndNoMore() throws Exception {
    String arrays = "[".repeat(1_000) + "]".repeat(1_000);
    String objects = "{\"a\":".repeat(999) + "[]" + "}".repeat(999);

    assertThat(stringify(arrays)).isEqualTo(arrays);
    assertThat(stringify(objects)).isEqualTo(objects);
    for (String deeper : List.of("[" + arrays + "]", "{\"a\":" + objects + "}")) {
      InvalidJsonException e = refusal(deeper.getBytes(UTF_8));
      assertThat(e)
          .hasMessage(
              "nested too deeply: unexpected '[' at byte %d, expected no more than 1000 brackets"
                  + " open",
              deeper.lastIndexOf('['));
      assertThat(e.reason()).isEqualTo(Reason.NESTING);
    }
  }

  @Test
  void nestsOnASmallStack() throws Exception {
    String nested = "{\"b\":0,\"1\":[".repeat(500) + "]}".repeat(500);
    FutureTask<String> task = new FutureTask<>(() -> stringify(nested));
    new Thread(null, task, "small stack", 512 * 1024).start();

    assertThat(task.get()).isEqualTo("{\"1\":[".repeat(500) + "],\"b\":0}".repeat(500));
  }

  private static String stringify(String text) throws InvalidJsonException {
    return new String(JsonStringify.stringify(text.getBytes(UTF_8)), UTF_8);
  }

  private static InvalidJsonException refusal(byte[] text) {
    return catchThrowableOfType(InvalidJsonException.class, () -> JsonStringify.stringify(text));
  }
}
