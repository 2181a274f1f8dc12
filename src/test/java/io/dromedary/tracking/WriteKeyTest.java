package io.dromedary.tracking;

import static io.dromedary.testing.Json.json;
import static io.dromedary.tracking.Api.SUCCESS;
import static io.dromedary.tracking.Api.failure;
import static io.dromedary.tracking.Api.newId;
import static io.dromedary.tracking.Api.track;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Http.Response;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The check of write keys in the tracking API. The known keys are {@code one} and {@code two}. */
@Timeout(30)
class WriteKeyTest {

  private static final String UNAUTHORIZED =
      failure(401, "unauthorized", "expected a known write key, found none or another");

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api = Api.start(folder, Map.of("webhooks.write-key.secret", "one,two"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # Authorization   | in the event     | in the batch     | may send
          ``                | ``               | ``               | false
          # In the header; (x) is x in base64
          Basic (one:)      | ``               | ``               | true
          Basic (two:)      | ``               | ``               | true
          Basic (one)       | ``               | ``               | true
          Basic (two:other) | ``               | ``               | true
          basic  (one:)     | ``               | ``               | true
          Basic (three:)    | ``               | ``               | false
          Basic (One:)      | ``               | ``               | false
          Basic (on:)       | ``               | ``               | false
          Basic (one,two:)  | ``               | ``               | false
          Basic (:)         | ``               | ``               | false
          Basic ()          | ``               | ``               | false
          Basic one:        | ``               | ``               | false
          Bearer one        | ``               | ``               | true
          Bearer three      | ``               | ``               | false
          one               | ``               | ``               | false
          # In the body
          ``                | 'writeKey':'one' | ``               | true
          ``                | 'writeKey':'two' | ``               | true
          ``                | ``               | 'writeKey':'two' | true
          ``                | 'writeKey':'one' | 'writeKey':'two' | true
          ``                | 'writeKey':'x'   | ``               | false
          ``                | ``               | 'writeKey':'x'   | false
          ``                | ``               | 'writeKey':''    | false
          ``                | ``               | 'writeKey':null  | false
          ``                | ``               | 'writeKey':[]    | false
          ``                | 'writeKey':'x'   | 'writeKey':'two' | false
          ``                | 'writeKey':'one' | 'writeKey':'x'   | false
          # In both
          Bearer token      | ``               | 'writeKey':'two' | true
          Bearer token      | 'writeKey':'two' | ``               | true
          Bearer one        | ``               | 'writeKey':'x'   | false
          Digest one        | ``               | 'writeKey':'one' | true
          Basic (one:)      | 'writeKey':'one' | 'writeKey':'one' | true
          Basic (x:)        | 'writeKey':'one' | 'writeKey':'one' | false
          """)
  void aSenderPresentsAKey(String authorization, String event, String wrapper, boolean maySend) {
    String id = maySend ? newId() : api.unwantedId();
    String body = "{\"batch\":[" + with(event, track(id)) + "]" + with(wrapper, "}");

    Response response = post("/v1/batch", body, authorization);

    if (maySend) {
      assertThat(response).hasToString(SUCCESS);
      assertThat(api.delivered(id)).doesNotContain("writeKey");
    } else {
      assertThat(response).hasToString(UNAUTHORIZED);
    }
  }

  @ParameterizedTest
  @CsvSource({"one, two, true", "one, three, false"})
  void everyEventMayHaveAKeyOfItsOwn(String firstKey, String secondKey, boolean maySend) {
    String first = maySend ? newId() : api.unwantedId();
    String second = maySend ? newId() : api.unwantedId();
    String batch =
        Api.batch(
            with("'writeKey':'" + firstKey + "'", track(first)),
            with("'writeKey':'" + secondKey + "'", track(second)));

    assertThat(post("/v1/batch", batch, "")).hasToString(maySend ? SUCCESS : UNAUTHORIZED);

    if (maySend) {
      api.delivered(first);
      api.delivered(second);
    }
  }

  @Test
  void aSingleEventHasItsKeyInItself() {
    String id = newId();

    assertThat(post("/v1/track", with("'writeKey':'one'", track(id)), "")).hasToString(SUCCESS);
    assertThat(post("/v1/track", with("'writeKey':'x'", track(api.unwantedId())), ""))
        .hasToString(UNAUTHORIZED);

    assertThat(api.delivered(id)).doesNotContain("writeKey");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{'userId':'u','messageId':'ID'}", "[1,'ID']"})
  void nothingOfAStrangerIsKept(String body) {
    String id = newId();

    assertThat(post("/v1/track", json(body).replace("ID", id), "Basic (three:)"))
        .hasToString(UNAUTHORIZED);

    assertThat(api.deadLetters(id)).isEmpty();
  }

  @Test
  void aBrowserAsksWithoutAKey() {
    Response response = api.send("OPTIONS", "/v1/track", "Origin", "https://shop.example");

    assertThat(response).hasToString(SUCCESS);
  }

  /** Guessing keys must be slow, and must not lock out senders with a known key. */
  @Test
  void anAddressWithTooManyWrongKeysHasToWaitUnlessItsHeadHasAKnownOne(@TempDir Path folder) {
    try (Api other = Api.start(folder, Map.of("webhooks.write-key.secret", "one"))) {
      String wrong = "Basic " + Base64.getEncoder().encodeToString("x:".getBytes(UTF_8));
      String right = "Basic " + Base64.getEncoder().encodeToString("one:".getBytes(UTF_8));
      String id = newId();
      Response refused = null;
      for (int i = 0; i < 100 && (refused == null || refused.status() == 401); i++) {
        refused = other.post("/v1/track", track(other.unwantedId()), "Authorization", wrong);
      }

      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.headers("Retry-After")).containsExactly("60");
      assertThat(other.post("/v1/track", track(id), "Authorization", right)).hasToString(SUCCESS);
      other.delivered(id);
    }
  }

  private static Response post(String path, String body, String authorization) {
    if (authorization.isEmpty()) {
      return api.post(path, body);
    }
    int open = authorization.indexOf('(');
    String value = authorization;
    if (open >= 0) {
      byte[] plain = authorization.substring(open + 1, authorization.length() - 1).getBytes(UTF_8);
      value = authorization.substring(0, open) + Base64.getEncoder().encodeToString(plain);
    }
    return api.post(path, body, "Authorization", value, "Origin", "https://shop.example");
  }

  /** Adds fields to an object, or to the end of one. */
  private static String with(String fields, String object) {
    String more = fields.isEmpty() ? "" : "," + json(fields);
    return object.substring(0, object.length() - 1) + more + "}";
  }
}
