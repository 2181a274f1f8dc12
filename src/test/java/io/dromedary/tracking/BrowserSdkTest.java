package io.dromedary.tracking;

import static io.dromedary.testing.Json.json;
import static io.dromedary.tracking.Api.SUCCESS;
import static io.dromedary.tracking.Api.batch;
import static io.dromedary.tracking.Api.failure;
import static io.dromedary.tracking.Api.newId;
import static io.dromedary.tracking.Api.track;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Sockets;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
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

/** Requests of SDKs for browsers and mobile applications: for their settings, and with events. */
@Timeout(60)
class BrowserSdkTest {

  private static final String SHOP = "https://shop.example";
  private static final String UNAUTHORIZED =
      failure(401, "unauthorized", "expected a known write key, found none or another");

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api =
        Api.start(
            folder,
            Map.of("webhooks.write-key.secret", "one,t wo", "webhooks.cors.origins", SHOP + ",*"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static String authority() {
    return URI.create(api.url("/")).getAuthority();
  }

  private static String settings(String key, String apiHost, String more) {
    return "200 "
        + json(
            "{'integrations':{'Segment.io':{'apiKey':'%s','apiHost':'%s'%s}},'metrics':{'sampleRate':0}}"
                .formatted(key, apiHost, more));
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/projects/one/settings, one",
    "/v1/projects/t%20wo/settings, t wo",
    "//v1//projects/one/settings/, one",
    "/v1/projects/one/settings?x=/projects/, one",
  })
  void segmentsSdkIsToldToSendHere(String path, String key) {
    Response response = api.send("GET", path, "Origin", SHOP);

    assertThat(response).hasToString(settings(key, authority() + "/v1", ",'protocol':'http'"));
    assertThat(response.headers("Content-Type")).containsExactly("application/json");
    assertThat(response.headers("Cache-Control")).containsExactly("no-store");
    assertThat(response.headers("Access-Control-Allow-Origin")).containsExactly(SHOP);
    assertThat(Http.send("HEAD", api.url(path), "Origin", SHOP)).hasToString("200 ");
  }

  /** Checks all fields that the SDKs read: PROTOCOL section 5. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "/sourceConfig?p=npm&v=3.34.1&writeKey=one&lockPluginsVersion=true",
        "/sourceConfig/?writeKey=one",
        "//sourceConfig/?writeKey=one",
      })
  void rudderStacksSdkIsToldToSendHere(String path) {
    String expected =
        "200 "
            + json(
                "{'source':{'id':'dromedary','name':'dromedary','writeKey':'one','enabled':true,"
                    + "'workspaceId':'dromedary','updatedAt':'2026-01-01T00:00:00.000Z','config':"
                    + "{'statsCollection':{'errors':{'enabled':false},'metrics':{'enabled':false}}},"
                    + "'destinations':[]}}");

    Response response = api.send("GET", path, "Origin", SHOP);

    assertThat(response).hasToString(expected);
    assertThat(response.headers("Access-Control-Allow-Origin")).containsExactly(SHOP);
    assertThat(api.send("GET", "/sourceConfig?p=android", "Authorization", basic("one")))
        .hasToString(expected);
    assertThat(Http.send("HEAD", api.url(path))).hasToString("200 ");
  }

  private static String basic(String key) {
    return "Basic " + Base64.getEncoder().encodeToString((key + ":").getBytes(UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/projects/x/settings",
        "/v1/projects/One/settings",
        "/sourceConfig",
        "/sourceConfig?writeKey=",
        "/sourceConfig?writeKey=x",
        "/sourceConfig?xwriteKey=one",
      })
  void anUnknownKeyIsToldNothing(String path) {
    Response response = api.send("GET", path, "Origin", SHOP);

    assertThat(response).hasToString(UNAUTHORIZED);
    assertThat(response.headers("Access-Control-Allow-Origin")).containsExactly(SHOP);
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/projects/one",
    "GET, /v1/projects//settings",
    "GET, /v1/projects/one/settings/x",
    "GET, /v1/projects/one/two/settings",
    "GET, /sourceConfig/x",
    "POST, /beacon/v1/track",
    "POST, /beacon/v1",
    "POST, /beacon/batch",
  })
  void thereIsNothingElseBeside(String method, String path) {
    assertThat(api.send(method, path, "Authorization", basic("one")).status()).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/projects/one/settings", "/sourceConfig?writeKey=one"})
  void settingsAreOnlyRead(String path) {
    Response response = api.post(path, "{}");

    assertThat(response)
        .hasToString(failure(405, "method_not_allowed", "expected GET or HEAD, found POST"));
    assertThat(response.headers("Allow")).containsExactly("GET, HEAD, OPTIONS");
  }

  /** An attacker who could choose the host in another sender's settings would get its events. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          events.example              | events.example/v1
          events.example:8443         | events.example:8443/v1
          [2001:db8::1]:8443          | [2001:db8::1]:8443/v1
          events_1.example.           | events_1.example./v1
          events.example"x            | -
          events.example<script>      | -
          a,b                         | -
          evil.example@events.example | -
          """)
  void theHostOfARequestIsReadInOneWayOnly(String host, String apiHost) throws IOException {
    String answer =
        exchange(
            "GET /v1/projects/one/settings HTTP/1.1\r\nHost: "
                + host
                + "\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\n"
                + "X-Original-URL: /evil\r\nForwarded: host=evil.example\r\n"
                + "Connection: close\r\n\r\n");

    if (apiHost.equals("-")) {
      assertThat(answer).startsWith("HTTP/1.1 400 ").doesNotContain("integrations");
    } else {
      assertThat(answer)
          .startsWith("HTTP/1.1 200 ")
          .containsIgnoringCase("cache-control: no-store")
          .contains(settings("one", apiHost, "").substring(4));
    }
    assertThat(answer).doesNotContain("evil");
  }

  private static String exchange(String request) throws IOException {
    int port = URI.create(api.url("/")).getPort();
    try (Socket socket = Sockets.open(port, "127.0.0.1")) {
      socket.getOutputStream().write(request.getBytes(ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          https://events.example      | events.example/v1          | ''
          https://events.example:444/ | events.example:444/v1      | ''
          https://a.example/in/       | a.example/in/v1            | ''
          http://127.0.0.1:9/x        | 127.0.0.1:9/x/v1           | ,'protocol':'http'
          """)
  void theUrlThatIsSetCounts(String url, String apiHost, String protocol, @TempDir Path folder) {
    try (Api other = Api.start(folder, Map.of("webhooks.public-url", url))) {
      assertThat(other.send("GET", "/v1/projects/any/settings"))
          .hasToString(settings("any", apiHost, protocol));
    }
  }

  @Test
  void thePathsMoveWithThatOfTheTrackingApi(@TempDir Path folder) {
    Map<String, String> settings = Map.of("webhooks.path", "/in/v1", "camel.server.path", "/root");
    try (Api other = Api.start(folder, settings)) {
      String host = URI.create(other.url("/")).getAuthority();
      String id = newId();

      assertThat(other.send("GET", "/root/in/v1/projects/any/settings"))
          .hasToString(settings("any", host + "/root/in/v1", ",'protocol':'http'"));
      assertThat(other.send("GET", "/root/in/sourceConfig?writeKey=k").body())
          .contains(json("'writeKey':'k'"));
      assertThat(other.post("/root/in/beacon/v1/batch?writeKey=k", batch(track(id))))
          .hasToString(SUCCESS);
      other.delivered(id);
      assertThat(other.send("GET", "/sourceConfig?writeKey=k").status()).isEqualTo(404);
    }
  }

  @Test
  void whereThePathDoesNotEndInV1ThereAreNoPathsBeside(@TempDir Path folder) {
    try (Api other = Api.start(folder, Map.of("webhooks.path", "/events"))) {
      String host = URI.create(other.url("/")).getAuthority();

      assertThat(other.send("GET", "/events/projects/any/settings"))
          .hasToString(settings("any", host + "/events", ",'protocol':'http'"));
      assertThat(other.send("GET", "/sourceConfig?writeKey=k").status()).isEqualTo(404);
      assertThat(other.post("/beacon/v1/batch?writeKey=k", batch(track("x"))).status())
          .isEqualTo(404);
    }
  }

  @Test
  void aPageThatIsLeftSendsABeacon() {
    String id = newId();
    String[] headers = {"Origin", SHOP, "Content-Type", "text/plain;charset=UTF-8"};

    Response response = api.post("/beacon/v1/batch?writeKey=one", batch(track(id)), headers);

    assertThat(response).hasToString(SUCCESS);
    assertThat(response.headers("Access-Control-Allow-Credentials")).containsExactly("true");
    api.delivered(id);
    assertThat(api.post("/beacon/v1/batch?writeKey=x", batch(track(api.unwantedId())), headers))
        .hasToString(UNAUTHORIZED);
    assertThat(api.post("/beacon/v1/batch", batch(track(api.unwantedId())), headers))
        .hasToString(UNAUTHORIZED);
    assertThat(api.post("/v1/batch?writeKey=one", batch(track(api.unwantedId())), headers))
        .hasToString(UNAUTHORIZED);
  }

  @Test
  void whatABrowserAsksForIsAllowedIfItIsAName() {
    String asked =
        "anonymousid,Authorization, traceparent,baggage,rsa-retry-attempt,bad name,x:y,<b>,"
            + "x".repeat(65)
            + ",é";

    Response response =
        api.send("OPTIONS", "/v1/batch", "Origin", SHOP, "Access-Control-Request-Headers", asked);

    assertThat(response).hasToString(SUCCESS);
    assertThat(response.headers("Access-Control-Allow-Headers"))
        .containsExactly(
            "authorization, content-type, x-retry-count, anonymousid, traceparent, baggage,"
                + " rsa-retry-attempt");
  }

  @Test
  void whatABrowserAsksForIsBounded() {
    StringBuilder asked = new StringBuilder("x0");
    for (int i = 1; i < 1_000; i++) {
      asked.append(",x").append(i);
    }

    Response response =
        api.send(
            "OPTIONS",
            "/v1/batch",
            "Origin",
            SHOP,
            "Access-Control-Request-Headers",
            asked.toString());

    assertThat(response.headers("Access-Control-Allow-Headers").get(0).split(", ")).hasSize(64);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/track                 | POST, OPTIONS",
        "/beacon/v1/batch          | POST, OPTIONS",
        "/v1/projects/one/settings | GET, HEAD, OPTIONS",
        "/sourceConfig             | GET, HEAD, OPTIONS",
        "/v1/pixel/track           | GET, HEAD, OPTIONS",
      })
  void aBrowserIsToldTheMethodsOfAPath(String path, String methods) {
    Response response = api.send("OPTIONS", path, "Origin", "https://any.example");

    assertThat(response).hasToString(SUCCESS);
    assertThat(response.headers("Access-Control-Allow-Methods")).containsExactly(methods);
    assertThat(response.headers("Access-Control-Allow-Origin")).containsExactly("*");
    assertThat(response.headers("Access-Control-Allow-Credentials")).isEmpty();
  }

  @Test
  void onlyPagesOfConfiguredOriginsAreToldAnything(@TempDir Path folder) {
    try (Api other = Api.start(folder, Map.of("webhooks.cors.origins", SHOP))) {
      for (String path : new String[] {"/v1/projects/one/settings", "/sourceConfig?writeKey=one"}) {
        assertThat(other.send("GET", path, "Origin", SHOP).status()).isEqualTo(200);
        assertThat(other.send("GET", path, "Origin", "https://evil.example").status())
            .isEqualTo(403);
        assertThat(other.send("GET", path, "Sec-Fetch-Site", "cross-site").status()).isEqualTo(403);
      }
      assertThat(
              other
                  .send(
                      "OPTIONS",
                      "/v1/track",
                      "Origin",
                      "https://evil.example",
                      "Access-Control-Request-Headers",
                      "traceparent")
                  .status())
          .isEqualTo(403);
    }
  }
}
