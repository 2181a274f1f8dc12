package io.dromedary.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Value;

/**
 * Compares random hostile texts with the {@code JSON} of a JavaScript engine. The engine is
 * GraalJS, because on the JVM only its output was equal to that of Node.js: Rhino treats large
 * array indices as names, and QuickJS does not find the shortest digits of some numbers.
 */
class JsonStringifyPropertyTest {
  private static final Context ENGINE =
      Context.newBuilder("js").option("engine.WarnInterpreterOnly", "false").build();

  private static final Value PARSE = ENGINE.eval("js", "JSON.parse");

  private static final Value STRINGIFY =
      ENGINE.eval("js", "text => JSON.stringify(JSON.parse(text))");

  @AfterContainer
  static void closeTheEngine() {
    ENGINE.close();
  }

  @Example
  void theEngineItselfGivesWhatTheVectorsSay() throws IOException {
    for (Vector vector : Vector.all()) {
      assertThat(STRINGIFY.execute(vector.input()).asString()).isEqualTo(vector.output());
    }
  }

  @Property(tries = 10_000)
  void aDocumentIsWrittenAsJavaScriptWritesIt(@ForAll("documents") String text) throws Exception {
    assertWrittenAsJavaScriptWritesIt(text);
  }

  @Property(tries = 10_000)
  void aNumberIsWrittenAsJavaScriptWritesIt(@ForAll("numbers") String text) throws Exception {
    assertWrittenAsJavaScriptWritesIt(text);
  }

  @Property(tries = 10_000)
  void aStringIsWrittenAndDecodedAsByJavaScript(@ForAll("strings") String text) throws Exception {
    assertWrittenAsJavaScriptWritesIt(text);
    JsonValue value = new JsonReader(text.getBytes(UTF_8)).read();
    assertThat(value.asString()).isEqualTo(PARSE.execute(text).asString());
    assertThat(JsonValue.ofString(value.asString()).toBytes()).isEqualTo(value.toBytes());
  }

  private static void assertWrittenAsJavaScriptWritesIt(String text) throws Exception {
    byte[] written = JsonStringify.stringify(text.getBytes(UTF_8));
    assertThat(new String(written, UTF_8)).isEqualTo(STRINGIFY.execute(text).asString());
    assertThat(JsonStringify.stringify(written)).isEqualTo(written);
  }

  @Provide
  Arbitrary<String> documents() {
    return Arbitraries.randomValue(random -> new HostileJson(random).document());
  }

  @Provide
  Arbitrary<String> numbers() {
    return Arbitraries.randomValue(random -> new HostileJson(random).number());
  }

  @Provide
  Arbitrary<String> strings() {
    return Arbitraries.randomValue(random -> new HostileJson(random).string());
  }
}
