package io.dromedary.tracking;

import static io.dromedary.testing.Json.json;
import static io.dromedary.testing.Json.quoted;
import static io.dromedary.tracking.Api.SUCCESS;
import static io.dromedary.tracking.Api.batch;
import static io.dromedary.tracking.Api.failure;
import static io.dromedary.tracking.Api.newId;
import static io.dromedary.tracking.Api.track;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Http.Response;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests and events that the tracking API refuses, with the reason. Bad events are kept. */
@Timeout(30)
class RefusalsTest {

  private static final String TYPES = "page, screen, identify, track, alias, group, delete";
  private static final int MOST_BODY_BYTES = 512_000;
  private static final int MOST_EVENT_BYTES = 32_768;

  private static final String BODY_TOO_LARGE =
      failure(413, "body_too_large", "expected at most 512000 bytes, found more");

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api = Api.start(folder, Map.of());
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  // A body

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``               | invalid_batch | expected an object with an array "batch", found nothing
          [{'userId':'u'}] | invalid_batch | expected an object with an array "batch", found an array
          {}               | empty_batch   | expected an array "batch" of events, found none
          {'batch':{}}     | empty_batch   | expected an array "batch" of events, found none
          {'batch':[]}     | empty_batch   | expected at least one event, found an empty batch
          {'batch':[{},]}  | invalid_json  | unexpected ']' at byte 13, expected a value
          {'batch':[{}]} x | invalid_json  | unexpected 'x' at byte 15, expected the end of the text
          {'batch':[{}]    | invalid_json  | unexpected end of text at byte 13, expected ',' or '}'
          batch=1          | invalid_json  | unexpected 'b' at byte 0, expected a value
          """)
  void refusesWhatIsNoBatch(String body, String code, String message) {
    assertThat(api.post("/v1/batch", json(body))).hasToString(failure(400, code, message));
  }

  @Test
  void keepsNothingOfABatchThatIsNotJson() {
    String id = api.unwantedId();

    Response response = api.post("/v1/batch", batch(track(id), "{]"));

    assertThat(response.status()).isEqualTo(400);
    assertThat(api.deadLetters(id)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"PLAIN, identity", "GZIP, gzip", "DEFLATE, deflate"})
  void takesTheLongestBodyAndNoLonger(Encoding encoding, String contentEncoding) {
    String good = newId();
    String bad = api.unwantedId();

    assertThat(post(encoding, contentEncoding, padded(batch(track(good)), MOST_BODY_BYTES)))
        .hasToString(SUCCESS);
    assertThat(post(encoding, contentEncoding, padded(batch(track(bad)), MOST_BODY_BYTES + 1)))
        .hasToString(BODY_TOO_LARGE);

    api.delivered(good);
  }

  @Test
  void doesNotUnpackABomb() {
    assertThat(post(Encoding.GZIP, "gzip", " ".repeat(100_000_000))).hasToString(BODY_TOO_LARGE);
  }

  @Test
  void refusesABodyThatTheServerDoesNotRead() {
    byte[] body = padded(track(api.unwantedId()), (1 << 20) + 1).getBytes(UTF_8);

    assertThat(api.post("/v1/track", body)).hasToString(BODY_TOO_LARGE);
    assertThat(api.postChunks("/v1/track", List.of(body))).hasToString(BODY_TOO_LARGE);
  }

  @Test
  void takesTheLongestBatchAndNoLonger() {
    String filtered = track(api.unwantedId()).replace("}", ",\"integrations\":{\"All\":false}}");

    assertThat(api.post("/v1/batch", batch(Collections.nCopies(2_500, filtered))))
        .hasToString(SUCCESS);
    assertThat(api.post("/v1/batch", batch(Collections.nCopies(2_501, filtered))))
        .hasToString(failure(400, "batch_too_long", "expected at most 2500 events, found more"));
  }

  /** The elements of 512,000 bytes may need hundreds of times as much memory. */
  @Test
  void readsNothingBehindTheLongestBatch() {
    String events = "{},".repeat(160_000) + "no JSON";

    assertThat(api.post("/v1/batch", batch(events)))
        .hasToString(failure(400, "batch_too_long", "expected at most 2500 events, found more"));
  }

  // An event

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          ``             | unexpected end of text at byte 0, expected a value
          ` `            | unexpected end of text at byte 1, expected a value
          a=1            | unexpected 'a' at byte 0, expected a value
          {'a':'u'       | unexpected end of text at byte 8, expected ',' or '}'
          {'a':'u'}}     | unexpected '}' at byte 9, expected the end of the text
          {'a':NaN}      | unexpected 'N' at byte 5, expected a value
          {'a':1,}       | unexpected '}' at byte 7, expected a name in double quotes
          \ufeff{}       | unexpected byte order mark at byte 0, expected a value
          {'a':'\u0001'} | unexpected 0x01 at byte 6, expected the rest of a string
          """)
  void refusesWhatIsNotJson(String body, String message) {
    assertThat(api.post("/v1/track", json(body)))
        .hasToString(failure(400, "invalid_json", message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          track    | []                                           | expected a JSON object, found an array
          track    | null                                         | expected a JSON object, found null
          track    | 'text'                                       | expected a JSON object, found a string
          track    | {'event':'e'}                                | expected a "userId" or an "anonymousId", found neither
          track    | {'event':'e','userId':null,'anonymousId':''} | expected a "userId" or an "anonymousId", found neither
          identify | {'userId':{}}                                | expected a "userId" or an "anonymousId", found neither
          delete   | {}                                           | expected a "userId" or an "anonymousId", found neither
          track    | {'userId':'u'}                               | expected a "event" in an event of type track, found none
          track    | {'userId':'u','event':''}                    | expected a "event" in an event of type track, found ""
          track    | {'userId':'u','event':null}                  | expected a "event" in an event of type track, found null
          group    | {'userId':'u'}                               | expected a "groupId" in an event of type group, found none
          alias    | {'userId':'u','previousId':true}             | expected a "previousId" in an event of type alias, found a boolean
          track    | {'type':'page'}                              | expected "type" to be "track" as in the path, found "page"
          track    | {'type':'Page'}                              | expected "type" to be "track" as in the path, found "Page"
          track    | {'type':' track'}                            | expected "type" to be one of TYPES, found " track"
          track    | {'type':'trac\u212a'}                        | expected "type" to be one of TYPES, found "trac\u212a"
          track    | {'type':7}                                   | expected "type" to be one of TYPES, found a number
          track    | {'type':'a-type-too-long-to-be-shown-as-a-whole-here'} | expected "type" to be one of TYPES, found "a-type-too-long-to-be-shown-as-a-whole-h…"
          page     | {'userId':'u','messageId':true}              | expected "messageId" to be a string of under 100 characters, found a boolean
          page     | {'userId':'u','messageId':{}}                | expected "messageId" to be a string of under 100 characters, found an object
          """)
  void refusesWhatIsNoEvent(String type, String body, String message) {
    assertThat(api.post("/v1/" + type, json(body)))
        .hasToString(failure(400, "invalid_event", message.replace("TYPES", TYPES)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'track','event':'','userId':'u','messageId':'ID'}",
        "{ 'messageId' : 'ID' , 'type' : 1.0 , 'secret' : '\\u00e9\\n' }"
      })
  void keepsWhatIsNoEvent(String body) {
    String id = api.unwantedId();
    String event = json(body).replace("ID", id);

    Response response = api.post("/v1/track", event);

    assertThat(response.status()).isEqualTo(400);
    String detail = response.body().replaceFirst(".*\"message\":\"", "invalid_event: ");
    // The dead letter also has its id in the outbox.
    assertThat(api.deadLetter(id).replaceFirst("\\{\"id\":[1-9]\\d*,", "{"))
        .isEqualTo(
            json("{'reason':'invalid','detail':'")
                + detail.replaceFirst("\"}$", "")
                + json(
                    "','destination':'default','messageId':'"
                        + id
                        + "','attempts':0,'acceptedAt':'")
                + Api.NOW
                + json("','deadAt':'" + Api.NOW + "','text':")
                + quoted(event)
                + "}");
  }

  /** White space does not count, nor do the escapes of senders that write ASCII only. */
  @ParameterizedTest
  @ValueSource(strings = {"x", "\\u0078", "\\u00e9", "\\ud83d\\ude00"})
  void takesTheLongestEventAsItGoesOutAndNoLonger(String letter) {
    String good = newId();
    String bad = api.unwantedId();

    assertThat(api.post("/v1/track", event(good, letter, MOST_EVENT_BYTES))).hasToString(SUCCESS);
    assertThat(api.post("/v1/track", event(bad, letter, MOST_EVENT_BYTES + 1)))
        .hasToString(failure(400, "event_too_large", "expected at most 32768 bytes, found 32769"));

    assertThat(api.delivered(good)).hasSizeLessThan(MOST_EVENT_BYTES + 200);
    assertThat(api.deadLetter(bad)).contains("event_too_large");
  }

  /** Makes an event that has a given length in bytes without escapes and white space. */
  private static String event(String messageId, String letter, int length) {
    String event = json("{'type':'track','event':'e','userId':'u','messageId':'ID','own':''}");
    String start = event.replace("ID", messageId).replace("\"}", "");
    int left = length - start.length() - 2;
    int each =
        switch (letter) {
          case "\\u00e9" -> 2;
          case "\\ud83d\\ude00" -> 4;
          default -> 1;
        };
    return start.replace(":", " :\n ")
        + "x".repeat(left % each)
        + letter.repeat(left / each)
        + "\"}";
  }

  @Test
  void takesTheLongestMessageIdAndNoLonger() {
    String good = newId();
    good += "x".repeat(99 - good.length());
    String bad = "x".repeat(100);
    String number = json("{'type':'page','userId':'u','messageId':" + "7".repeat(100) + "}");

    assertThat(api.post("/v1/track", track(good))).hasToString(SUCCESS);
    assertThat(api.post("/v1/page", number))
        .hasToString(
            failure(
                400,
                "invalid_event",
                "expected \"messageId\" to be a string of under 100 characters,"
                    + " found 100 characters"));
    assertThat(api.post("/v1/track", track(bad)))
        .hasToString(
            failure(
                400,
                "invalid_event",
                "expected \"messageId\" to be a string of under 100 characters,"
                    + " found 100 characters"));

    api.delivered(good);
  }

  // An event of a batch

  @Test
  void aBatchIsTakenEvenIfNoneOfItsEventsIs() {
    String why = "expected \"type\" to be one of " + TYPES + ", found none";

    assertThat(api.post("/v1/batch", batch("{}")))
        .hasToString(partial(0, error(0, "", "invalid_event", why)));
    assertThat(api.post("/v1/batch", batch("{}", "[]")))
        .hasToString(
            partial(
                0,
                error(0, "", "invalid_event", why),
                error(1, "", "invalid_event", "expected a JSON object, found an array")));
  }

  @Test
  void aBadEventCostsOnlyItself() {
    String first = newId();
    String noUser = api.unwantedId();
    String notUtf8 = api.unwantedId();
    String tooDeep = api.unwantedId();
    String tooLong = api.unwantedId();
    String text = api.unwantedId();
    String last = newId();
    String batch =
        batch(
            track(first),
            track(noUser).replace("userId", "user"),
            track(notUtf8).replace("\"u\"", "\"\u00ff\""),
            track(tooDeep).replace("\"u\"", "[".repeat(1_000) + "]".repeat(1_000)),
            track(tooLong).replace("\"u\"", "\"" + "u".repeat(MOST_EVENT_BYTES) + "\""),
            quoted(text),
            track(last));

    Response response = api.post("/v1/batch", batch.getBytes(ISO_8859_1));

    assertThat(response)
        .hasToString(
            partial(
                2,
                error(
                    1,
                    noUser,
                    "invalid_event",
                    "expected a \"userId\" or an \"anonymousId\", found neither"),
                error(
                    2,
                    "",
                    "invalid_json",
                    "malformed UTF-8: unexpected 0xff at byte "
                        + batch.indexOf('\u00ff')
                        + ", expected the first byte of a character"),
                error(
                    3,
                    "",
                    "invalid_json",
                    "nested too deeply: unexpected '[' at byte "
                        + (batch.indexOf("[[") + 999)
                        + ", expected no more than 1000 brackets open"),
                error(
                    4,
                    tooLong,
                    "event_too_large",
                    "expected at most 32768 bytes, found "
                        + (track(tooLong).length() - 1 + MOST_EVENT_BYTES)),
                error(5, "", "invalid_event", "expected a JSON object, found a string")));
    api.delivered(first);
    api.delivered(last);
    assertThat(Stream.of(noUser, notUtf8, tooDeep, tooLong, text))
        .allSatisfy(id -> assertThat(api.deadLetter(id)).contains("\"reason\":\"invalid\""));
  }

  /** Python's SDK writes such numbers. */
  @ParameterizedTest
  @ValueSource(strings = {"NaN", "Infinity", "-Infinity"})
  void anEventWithANumberThatIsNoneCostsOnlyItself(String number) {
    String first = newId();
    String last = newId();
    String alone = api.unwantedId();
    String bad = track(api.unwantedId()).replace("\"u\"", "\"u\",\"p\":{\"x\": [" + number + "]}");
    String batch = batch(track(first), bad, track(last));
    int at = batch.indexOf(number);
    String why =
        "unexpected "
            + (number.startsWith("-")
                ? "'I' at byte " + (at + 1) + ", expected a digit"
                : "'" + number.charAt(0) + "' at byte " + at + ", expected a value");

    assertThat(api.post("/v1/batch", batch))
        .hasToString(partial(2, error(1, "", "invalid_json", why)));
    api.delivered(first);
    api.delivered(last);
    assertThat(api.deadLetter(quoted(bad).replaceAll("^\"|\"$", "")))
        .contains("\"reason\":\"invalid\"")
        .contains(why);

    String event = track(alone).replace("\"u\"", "\"u\",\"p\":" + number);
    assertThat(api.post("/v1/track", event).status()).isEqualTo(400);
    assertThat(api.deadLetter(alone)).contains("\"text\":" + quoted(event));
    assertThat(api.post("/v1/batch", "{\"batch\":[],\"context\":" + number + "}").status())
        .isEqualTo(400);
  }

  @Test
  void namesOnlyTheFirstErrors() {
    String good = newId();
    List<String> bad = Collections.nCopies(51, "0");

    Response response = api.post("/v1/batch", batch(String.join(",", bad), track(good)));

    assertThat(response.body())
        .startsWith("{\"success\":true,\"accepted\":1,\"rejected\":51,\"errors\":[")
        .contains("{\"index\":49,")
        .doesNotContain("{\"index\":50,");
    api.delivered(good);
  }

  /** A batch's context is copied into each event, so a short body could become a very long one. */
  @Test
  void doesNotCopyALongContextForEver() {
    String first = newId();
    String tooMuch = api.unwantedId();
    String context = ",\"context\":{\"long\":\"" + "x".repeat(20_000) + "\"}}";
    // 450 contexts of 20 kB are more than 8 MiB.
    List<String> between = Stream.generate(() -> track(newId())).limit(448).toList();
    String batch = batch(track(first), String.join(",", between), track(tooMuch));

    Response response = api.post("/v1/batch", batch.replaceFirst("}$", context));

    assertThat(response.status()).isEqualTo(200);
    assertThat(response.body())
        .startsWith("{\"success\":true,\"accepted\":41")
        .contains(
            "\"code\":\"batch_too_large\",\"message\":\"expected at most 8388608 bytes of the"
                + " batch's context and integrations in all its events, found more\"}");
    assertThat(api.delivered(first)).hasSizeGreaterThan(20_000);
    assertThat(api.deadLetter(tooMuch)).contains("batch_too_large");
  }

  private static Response post(Encoding encoding, String contentEncoding, String body) {
    return api.post("/v1/batch", encoding.of(body), "Content-Encoding", contentEncoding);
  }

  /** Inserts blanks into an object, up to a given length. */
  private static String padded(String object, int length) {
    return "{" + " ".repeat(length - object.length()) + object.substring(1);
  }

  private static String error(int index, String messageId, String code, String message) {
    String id = messageId.isEmpty() ? "" : json(",'messageId':'" + messageId + "'");
    return json("{'index':" + index)
        + id
        + json(",'code':'" + code + "','message':")
        + quoted(message)
        + "}";
  }

  private static String partial(int accepted, String... errors) {
    return json("200 {'success':true,'accepted':" + accepted + ",'rejected':" + errors.length)
        + json(",'errors':[")
        + String.join(",", errors)
        + "]}";
  }
}
