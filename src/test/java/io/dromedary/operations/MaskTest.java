package io.dromedary.operations;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.operations.Mask.Payload;
import io.dromedary.settings.PayloadSettings;
import io.dromedary.settings.PayloadSettings.Shown;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskTest {

  private static Mask mask(Shown shown, boolean mayChange) {
    return new Mask(new PayloadSettings(shown, PayloadSettings.DEFAULT), mayChange);
  }

  private final Mask mask = mask(Shown.MASKED, true);

  private static String shown(Mask mask, String json) {
    return new String(mask.payload(json.getBytes(UTF_8)).json(), UTF_8);
  }

  @Test
  void valuesOfNamedMembersAreMaskedAtAnyDepth() {
    String event =
        json(
            "{'userId':'u1','Email':'a@b.example','n':1.50e3,'big':12345678901234567890,"
                + "'context':{'ip':'203.0.113.7','list':[{'token':{'a':['s3cret1']}},null,true]},"
                + "'traits':{'address':{'city':'Bern'},'city':'Bern'},'address':'kept'}");

    assertThat(shown(mask, event))
        .isEqualTo(
            json(
                "{'userId':'u1','Email':'•••','n':1.50e3,'big':12345678901234567890,"
                    + "'context':{'ip':'•••','list':[{'token':'•••'},null,true]},"
                    + "'traits':{'address':'•••','city':'Bern'},'address':'kept'}"));
    assertThat(mask.payload(event.getBytes(UTF_8)).values())
        .containsExactly("a@b.example", "203.0.113.7", "s3cret1", "Bern");
  }

  @Test
  void whatCannotBeReadIsMaskedByItsNames() {
    assertThat(shown(mask, "{\"email\":\"a@b.example\",\"a\":NaN}"))
        .isEqualTo("{\"email\":•••,\"a\":NaN}");
    assertThat(shown(mask, "email=a@b.example&x=1")).isEqualTo("email=•••&x=1");
    assertThat(shown(mask(Shown.ALL, false), "email=a@b.example&x=1")).isEqualTo("•••");
    assertThat(shown(mask(Shown.NONE, true), "{\"a\":")).isEqualTo("•••");
  }

  /** Senders choose the text of a dead letter that is not an event, and it may be long. */
  @ParameterizedTest
  @ValueSource(strings = {"\"", "\\\"", "'", "{", "[", ""})
  void aLongValueIsMaskedAsAShortOne(String quote) {
    String value = quote + "a\\n".repeat(100_000);

    assertThat(shown(mask, "{\"email\":" + value)).isEqualTo("{\"email\":•••");
  }

  @Test
  void allIsShownToWhoMayChangeThings() {
    String event = "{\"email\" : \"a@b.example\"}";

    assertThat(shown(mask(Shown.ALL, true), event)).isEqualTo(event);
    assertThat(shown(mask(Shown.ALL, false), event)).isEqualTo("{\"email\":\"•••\"}");
    assertThat(shown(mask(Shown.NONE, true), event)).isEqualTo("\"•••\"");
    assertThat(mask(Shown.ALL, true).text("email: a@b")).isEqualTo("email: a@b");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "400: {\"email\":\"a@b\",\"x\":1} | 400: {\"email\":•••,\"x\":1}",
        "{\"error\":\"no {\\\"email\\\":\\\"a@b\\\"} taken\"} |"
            + " {\"error\":\"no {\\\"email\\\":•••} taken\"}",
        "{\"phone\": 41791234567} | {\"phone\": •••}",
        "{\"email\":\"cut o | {\"email\":•••",
        "{\"phone\":\"079 \\\"secret\\\" 12\",\"x\":1} | {\"phone\":•••,\"x\":1}",
        "{\"phone\":\"079 12\\ | {\"phone\":•••",
        "{\\\"phone\\\":\\\"079 \\\\\\\"12\\\\\\\" 3\\\",\\\"x\\\":1} | {\\\"phone\\\":•••,\\\"x\\\":1}",
        "{\\\"phone\\\":\\\"079 12\\ | {\\\"phone\\\":•••",
        "<phone>079</phone> <x>1</x> | <phone>••• <x>1</x>",
        "{\"phone\" => \"079 12\"} | {\"phone\" => •••}",
        "{'phone': '079 12', 'x': 1} | {'phone': •••, 'x': 1}",
        "{'phone': '079 1 | {'phone': •••",
        "email=a%40b&id=7 | email=•••&id=7",
        "the password: hunter2 is wrong | the password: ••• is wrong",
        "{\"token\":{\"a\":\"b\"},\"c\":1} | {\"token\":•••,\"c\":1}",
        "no such zip: 3000 | no such zip: 3000",
        "no such user: ann.b+c@example.org! | no such user: •••!",
        "upstream busy | upstream busy"
      })
  void excerptsOfAnswersAreMasked(String answer, String shown) {
    assertThat(mask.text(answer)).isEqualTo(shown);
  }

  @Test
  void whatWasMaskedInThePayloadIsMaskedInItsAnswer() {
    Payload payload =
        mask.payload(
            "{\"email\":\"a@b.example\",\"ip\":[\"203.0.113.7\",\"::1\"]}".getBytes(UTF_8));

    assertThat(mask.text("a@b.example of 203.0.113.7 at ::1 is unknown", payload.values()))
        .isEqualTo("••• of ••• at ::1 is unknown");
    assertThat(
            mask.webhooks(
                json("[{'webhook':'http://h','answer':'a@b.example?','status':400}]"),
                payload.values()))
        .isEqualTo(json("[{'webhook':'http://h','answer':'•••?','status':400}]"));
  }
}
