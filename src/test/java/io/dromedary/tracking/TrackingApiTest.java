package io.dromedary.tracking;

import static io.dromedary.testing.Json.json;
import static io.dromedary.tracking.Api.SUCCESS;
import static io.dromedary.tracking.Api.batch;
import static io.dromedary.tracking.Api.failure;
import static io.dromedary.tracking.Api.newId;
import static io.dromedary.tracking.Api.track;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.dromedary.Application;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import java.net.ConnectException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.spi.CamelEvent.CamelContextRoutesStartingEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The tracking API over HTTP: the requests that it accepts, and its responses. */
@Timeout(30)
class TrackingApiTest {

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api = Api.start(folder, Map.of("webhooks.cors.origins", "*"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          /v1/identify     | identify
          /v1/track        | track
          /v1/page         | page
          /v1/screen       | screen
          /v1/group        | group
          /v1/alias        | alias
          /v1/delete       | delete
          /v1/i            | identify
          /v1/t            | track
          /v1/p            | page
          /v1/s            | screen
          /v1/g            | group
          /v1/a            | alias
          /v1/track/       | track
          //v1/track       | track
          //v1//t//        | track
          /v1/track?x=/v1/ | track
          """)
  void takesAnEventOfTheTypeInThePath(String path, String type) {
    String id = newId();
    String event =
        "{'messageId':'ID','userId':'u','event':'e','groupId':'g','previousId':'p'}"
            .replace("ID", id);

    assertThat(api.post(path, json(event))).hasToString(SUCCESS);

    assertThat(api.delivered(id)).contains(json("'type':'" + type + "'"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/batch",
        "/v1/import",
        "/v1/b",
        "/v1/batch/",
        "/v1/import/",
        "//v1/batch",
        "//v1//b//"
      })
  void takesABatch(String path) {
    String first = newId();
    String second = newId();

    assertThat(api.post(path, batch(track(first), track(second)))).hasToString(SUCCESS);

    assertThat(api.delivered(first)).doesNotContain(second);
    assertThat(api.delivered(second)).doesNotContain(first);
  }

  @Test
  void dropsTheMetricsOfABrowser() {
    String metrics = batch(track(api.unwantedId()));

    assertThat(api.post("/v1/m", metrics, "Content-Type", "text/plain")).hasToString(SUCCESS);
    assertThat(api.post("/v1/m", "not JSON")).hasToString(SUCCESS);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1",
        "/v1/",
        "/v1/x",
        "/v1/track/x",
        "/v1/x/track",
        "/v1/Track",
        "/v1x",
        "/v12/batch"
      })
  void knowsNoOtherPath(String path) {
    assertThat(api.post(path, track(api.unwantedId())))
        .hasToString(
            failure(
                404,
                "not_found",
                "expected /v1/batch, /v1/import or /v1/TYPE, found another path"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH"})
  void knowsNoOtherMethod(String method) {
    Response response = api.send(method, "/v1/track");

    assertThat(response)
        .hasToString(failure(405, "method_not_allowed", "expected POST, found " + method));
    assertThat(response.headers("Allow")).containsExactly("POST, OPTIONS");
  }

  @ParameterizedTest
  @CsvSource({
    "CamelHttpMethod, GET",
    "CamelHttpPath, /v1/m",
    "CamelHttpUri, http://127.0.0.1:1/",
    "CamelHttpResponseCode, 500",
    "CamelFileName, elsewhere",
    "X-Anything, comes back"
  })
  void takesNoOrdersFromHeaders(String name, String value) {
    String id = newId();

    Response response = api.post("/v1/track", track(id), name, value);

    assertThat(response).hasToString(SUCCESS);
    assertThat(response.headers(name)).isEmpty();
    api.delivered(id);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          PLAIN   | -        | -
          PLAIN   | -        | application/json
          PLAIN   | -        | text/plain
          PLAIN   | -        | application/x-www-form-urlencoded
          PLAIN   | -        | multipart/form-data; boundary=x
          PLAIN   | identity | application/json
          GZIP    | gzip     | application/json
          GZIP    | gzip     | application/x-www-form-urlencoded
          GZIP    | GZIP     | -
          GZIP    | x-gzip   | -
          DEFLATE | deflate  | application/json
          RAW_DEFLATE | deflate | application/json
          ZSTD    | zstd     | application/json
          """)
  void readsABodyByItsEncodingAlone(
      Encoding encoding, @Nullable String contentEncoding, @Nullable String contentType) {
    String id = newId();
    List<String> headers = new ArrayList<>();
    if (contentEncoding != null) {
      Collections.addAll(headers, "Content-Encoding", contentEncoding);
    }
    if (contentType != null) {
      Collections.addAll(headers, "Content-Type", contentType);
    }

    byte[] body = encoding.of(batch(track(id)));
    assertThat(api.post("//v1/batch", body, headers.toArray(String[]::new))).hasToString(SUCCESS);

    api.delivered(id);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 50, 4_096})
  void readsChunks(int size) {
    String id = newId();
    byte[] body = Encoding.GZIP.of(batch(track(id)));
    List<byte[]> chunks =
        IntStream.iterate(0, i -> i < body.length, i -> i + size)
            .mapToObj(i -> Arrays.copyOfRange(body, i, Math.min(body.length, i + size)))
            .toList();

    assertThat(api.postChunks("/v1/import/", chunks, "Content-Encoding", "gzip"))
        .hasToString(SUCCESS);

    api.delivered(id);
  }

  @ParameterizedTest
  @CsvSource({
    "PLAIN, gzip, 0",
    "GZIP, gzip, 9",
    "GZIP, deflate, 0",
    "DEFLATE, deflate, 9",
    "ZSTD, zstd, 9",
    "PLAIN, zstd, 0",
    "RAW_DEFLATE, deflate, 9"
  })
  void refusesABodyThatIsNotEncodedAsItSays(Encoding encoding, String contentEncoding, int cut) {
    byte[] body = encoding.of(track(api.unwantedId()));
    byte[] less = Arrays.copyOf(body, body.length - cut);

    assertThat(api.post("/v1/track", less, "Content-Encoding", contentEncoding))
        .hasToString(
            failure(
                400,
                "invalid_encoding",
                "expected a body as its Content-Encoding says, found another"));
  }

  @Test
  void refusesAnEncodingItDoesNotKnow() {
    assertThat(api.post("/v1/track", track(api.unwantedId()), "Content-Encoding", "br"))
        .hasToString(
            failure(
                415,
                "unsupported_encoding",
                "expected the Content-Encoding gzip, deflate, zstd or identity, found another"));
  }

  @Test
  void tellsABrowserWhatItMaySend() {
    Response response = api.send("OPTIONS", "/v1/batch", "Origin", "https://shop.example");

    assertThat(response).hasToString(SUCCESS);
    assertThat(cors(response))
        .containsOnly(
            entry("access-control-allow-origin", "*"),
            entry("access-control-allow-methods", "POST, OPTIONS"),
            entry("access-control-allow-headers", "authorization, content-type, x-retry-count"),
            entry("access-control-expose-headers", "Retry-After"),
            entry("access-control-max-age", "86400"));
  }

  @Test
  void letsABrowserReadEveryAnswer() {
    String id = newId();
    String origin = "https://shop.example";

    for (Response response :
        List.of(
            api.post("/v1/t", track(id), "Origin", origin, "Content-Type", "text/plain"),
            api.post("/v1/m", "", "Origin", origin),
            api.post("/v1/t", "{}", "Origin", origin),
            api.post("/v1/t", "not JSON", "Origin", origin),
            api.post("/v1/unknown", "{}", "Origin", origin),
            api.send("GET", "/v1/t", "Origin", origin),
            api.post("/v1/t", " ".repeat(600_000), "Origin", origin))) {
      assertThat(cors(response))
          .as(response.toString())
          .containsOnly(
              entry("access-control-allow-origin", "*"),
              entry("access-control-expose-headers", "Retry-After"));
    }
    assertThat(cors(api.post("/v1/m", ""))).isEmpty();
    api.delivered(id);
  }

  /** A page that may not read a response sees a lost connection, and would send the body again. */
  @Test
  void letsABrowserReadThatItsBodyIsTooLargeForTheServer() {
    String body = " ".repeat(1 << 21);

    Response response = api.post("/v1/t", body, "Origin", "https://shop.example");

    assertThat(response.status()).isEqualTo(413);
    assertThat(cors(response)).contains(entry("access-control-allow-origin", "*"));
  }

  @Test
  void onlyPagesOfConfiguredOriginsMayReadAnswers(@TempDir Path folder) {
    Map<String, String> settings =
        Map.of("webhooks.cors.origins", "https://a.example,https://b.example");
    try (Api api = Api.start(folder, settings)) {
      assertThat(cors(api.post("/v1/m", "", "Origin", "https://b.example")))
          .containsOnly(
              entry("access-control-allow-origin", "https://b.example"),
              entry("access-control-allow-credentials", "true"),
              entry("access-control-expose-headers", "Retry-After"),
              entry("vary", "Origin"));
      Response refused = api.post("/v1/m", "", "Origin", "https://c.example");
      assertThat(cors(refused)).containsOnly(entry("vary", "Origin"));
      assertThat(refused)
          .hasToString(
              failure(
                  403,
                  "forbidden_origin",
                  "expected a page of webhooks.cors.origins, found one of another origin"));
      // A request that browsers send without a preflight: text, without custom headers.
      assertThat(
              api.post(
                      "/v1/t",
                      track(api.unwantedId()),
                      "Origin",
                      "https://c.example",
                      "Content-Type",
                      "text/plain")
                  .status())
          .isEqualTo(403);
      assertThat(api.send("OPTIONS", "/v1/t", "Origin", "https://c.example").status())
          .isEqualTo(403);
    }
  }

  /** Without keys, any page in the operator's own browser could send. */
  @Test
  void withoutKeysOnlyPagesOfThisServerMaySend(@TempDir Path folder) {
    String good = newId();
    try (Api api = Api.start(folder, Map.of())) {
      for (String origin : List.of("https://shop.example", "null", "http://127.0.0.1:1")) {
        assertThat(api.post("/v1/t", track(api.unwantedId()), "Origin", origin).status())
            .as(origin)
            .isEqualTo(403);
      }
      String site = "Sec-Fetch-Site";
      assertThat(api.post("/v1/t", track(api.unwantedId()), site, "cross-site").status())
          .isEqualTo(403);
      String own = api.url("");
      assertThat(api.post("/v1/t", track(good), "Origin", own, site, "same-origin"))
          .hasToString(SUCCESS);
      api.delivered(good);
    }
  }

  /** SDKs give up an event after a 404, but not if there is no response. */
  @Test
  void asksASenderThatComesTooEarlyToComeAgain(@TempDir Path folder) {
    List<String> answers = new ArrayList<>();
    SimpleEventNotifierSupport early =
        new SimpleEventNotifierSupport() {
          @Override
          public void notify(CamelEvent event) {
            if (event instanceof CamelContextRoutesStartingEvent starting) {
              String url =
                  starting
                      .getContext()
                      .resolvePropertyPlaceholders(
                          "http://127.0.0.1:{{camel.server.port}}/v1/track");
              try {
                answers.add(Http.post(url, track("early")).toString());
              } catch (AssertionError e) {
                assertThat(e).hasCauseInstanceOf(ConnectException.class);
                answers.add("connection refused");
              }
            }
          }
        };

    Application.start(folder, Map.of(), Map.of("early", early)).close();

    assertThat(answers)
        .singleElement()
        .isIn(
            "connection refused",
            failure(503, "unavailable", "The events could not be stored; send them again later."));
  }

  private static Map<String, String> cors(Response response) {
    Map<String, String> headers = new TreeMap<>();
    response
        .headers()
        .map()
        .forEach(
            (name, values) -> {
              if (name.startsWith("access-control-") || name.equals("vary")) {
                headers.put(name, String.join(" and ", values));
              }
            });
    return headers;
  }
}
