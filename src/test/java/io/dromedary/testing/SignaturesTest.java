package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SignaturesTest {

  private static final String SECRET = "sharedsecretvalue";

  /** From a JavaScript engine. */
  private static final String OF_A_1 = "f9d6b925c13fd97a256453873ff8b4a082865c50";

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1}", "[{\"a\":1}]", "[{\"a\":1},{\"b\":2}]"})
  void signsTheBodyOrItsFirstEvent(String body) {
    assertThat(Signatures.expected(SECRET, body.getBytes(UTF_8))).isEqualTo(OF_A_1);
  }

  @Test
  void verifiesExactlyOneRightSignature() {
    assertThat(Signatures.verifies(SECRET, request("{\"a\":1}", OF_A_1))).isTrue();
    assertThat(Signatures.verifies(SECRET, request("{\"a\":2}", OF_A_1))).isFalse();
    assertThat(Signatures.verifies("other", request("{\"a\":1}", OF_A_1))).isFalse();
    assertThat(Signatures.verifies(SECRET, request("{\"a\":1}"))).isFalse();
    assertThat(Signatures.verifies(SECRET, request("{\"a\":1}", OF_A_1, OF_A_1))).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[{}] | {}",
        "[{},{\"b\":[]}] | {}",
        "[{\"é\":\"}]\\\"😀\",\"o\":{\"a\":[{}]}},{}] | {\"é\":\"}]\\\"😀\",\"o\":{\"a\":[{}]}}",
        " [ { \"a\" : 1.0 } , {} ] | { \"a\" : 1.0 }",
      })
  void cutsOutTheFirstEvent(String batch, String first) {
    assertThat(Signatures.firstEvent(batch.getBytes(UTF_8))).asString(UTF_8).isEqualTo(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "[1]", "{}"})
  void refusesWhatIsNoBatch(String body) {
    assertThatThrownBy(() -> Signatures.firstEvent(body.getBytes(UTF_8)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("expected a JSON array of events, but found: " + body);
  }

  private static Request request(String body, String... signatures) {
    List<Request.Header> headers =
        Stream.of(signatures).map(value -> new Request.Header("x-signature", value)).toList();
    return new Request("POST", "/", headers, body.getBytes(UTF_8), Instant.EPOCH, 0, 1);
  }
}
