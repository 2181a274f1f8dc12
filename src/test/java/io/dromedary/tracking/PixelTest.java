package io.dromedary.tracking;

import static io.dromedary.testing.Json.json;
import static io.dromedary.tracking.Api.failure;
import static io.dromedary.tracking.Api.newId;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Http;
import io.dromedary.testing.Sockets;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Events from mails and pages that can only load an image. */
@Timeout(60)
class PixelTest {

  private static Api api;

  @BeforeAll
  static void start(@TempDir Path folder) {
    api = Api.start(folder, Map.of("webhooks.write-key.secret", "one"));
  }

  @AfterAll
  static void stop() {
    api.close();
  }

  private static String event(String id, String key) {
    return json(
        "{'userId':'u','event':'Opened','groupId':'g','previousId':'p','messageId':'%s','writeKey':'%s','to':'ÿ?>~'}"
            .formatted(id, key));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }

  private static HttpResponse<byte[]> get(Api api, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(api.url(path)));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.ofByteArray());
  }

  private static void assertIsImage(HttpResponse<byte[]> response) throws Exception {
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().allValues("Content-Type")).containsExactly("image/gif");
    assertThat(response.headers().allValues("Cache-Control")).containsExactly("no-store");
    BufferedImage image = ImageIO.read(new ByteArrayInputStream(response.body()));
    assertThat(image.getWidth()).isEqualTo(1);
    assertThat(image.getHeight()).isEqualTo(1);
    assertThat(image.getRGB(0, 0) >>> 24).as("opacity").isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "identify, identify",
    "track, track",
    "page, page",
    "screen, screen",
    "group, group",
    "alias, alias",
    "t, track",
    "track/, track"
  })
  void takesTheEventInItsQuery(String path, String type) throws Exception {
    String id = newId();
    String data = URLEncoder.encode(base64(event(id, "one")), UTF_8);

    assertIsImage(get(api, "/v1/pixel/" + path + "?data=" + data));

    assertThat(api.delivered(id))
        .contains(json("'type':'" + type + "'"))
        .doesNotContain("writeKey");
  }

  @Test
  void takesBase64AsItComes() throws Exception {
    String text = event("ID", "one");
    assertThat(base64(text)).as("what the alphabets differ in").containsAnyOf("+", "/");
    for (Base64.Encoder encoder :
        new Base64.Encoder[] {
          Base64.getUrlEncoder(), Base64.getUrlEncoder().withoutPadding(), Base64.getEncoder()
        }) {
      String id = newId();
      String data = encoder.encodeToString(event(id, "one").getBytes(UTF_8));

      assertIsImage(get(api, "/v1/pixel/track?x=1&data=" + data + "&y=2"));

      assertThat(api.delivered(id)).contains("ÿ?>~");
    }
    String id = newId();
    String data = base64(event(id, "one")).replace("+", "%20");
    assertIsImage(get(api, "/v1/pixel/track?data=" + data));
    api.delivered(id);
  }

  @Test
  void theKeyMayBeInTheQuery() throws Exception {
    String id = newId();
    String data = base64(event(id, "one").replace("writeKey", "other"));

    assertIsImage(get(api, "/v1/pixel/track?writeKey=one&data=" + data));

    api.delivered(id);
  }

  @Test
  void whatIsNoEventIsADeadLetter() throws Exception {
    String id = newId();
    String data = base64(json("{'messageId':'" + id + "','writeKey':'one'}"));

    assertIsImage(get(api, "/v1/pixel/track?data=" + data));

    assertThat(api.deadLetter(id)).contains("expected");
  }

  /** A HEAD request does not show the image to anybody. */
  @Test
  void theHeadAloneIsNoEvent() {
    String data = base64(event(api.unwantedId(), "one"));

    Http.Response head = Http.send("HEAD", api.url("/v1/pixel/track?data=" + data));

    assertThat(head).hasToString("200 ");
    assertThat(head.headers("Content-Type")).containsExactly("image/gif");
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/pixel/track, invalid_data, 'expected a parameter data, found none'",
    "/v1/pixel/track?data=*, invalid_data, 'expected Base64 in the parameter data, found another'",
  })
  void whatCannotBeReadIsRefused(String path, String code, String message) {
    assertThat(raw(path)).contains(failure(400, code, message).substring(4));
  }

  /** Sends a query that HTTP clients refuse to send. */
  private static String raw(String path) {
    try (Socket socket = Sockets.open(URI.create(api.url("/")).getPort(), "127.0.0.1")) {
      socket
          .getOutputStream()
          .write(
              ("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aStrangerIsRefused() {
    String data = base64(event(api.unwantedId(), "x"));

    assertThat(api.send("GET", "/v1/pixel/track?data=" + data).status()).isEqualTo(401);
    assertThat(api.send("GET", "/v1/pixel/track?writeKey=x&data=" + data).status()).isEqualTo(401);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/pixel", "/v1/pixel/", "/v1/pixel/batch", "/v1/pixel/m"})
  void thereAreNoOtherPixels(String path) {
    assertThat(api.send("GET", path).status()).isEqualTo(404);
  }

  /** Requests for images have no Origin. */
  @Test
  void onlyPagesThatMaySendMayShowIt(@TempDir Path folder) throws Exception {
    String shop = "https://shop.example";
    try (Api other = Api.start(folder, Map.of("webhooks.cors.origins", shop))) {
      String own = newId();
      String path = "/v1/pixel/track?data=";
      String unwanted = path + base64(event(other.unwantedId(), "any"));
      String site = "Sec-Fetch-Site";
      String page = "Referer";

      assertIsImage(
          get(
              other,
              path + base64(event(own, "any")),
              site,
              "cross-site",
              page,
              shop + "/cart?x=1"));
      other.delivered(own);
      for (String[] headers :
          new String[][] {
            {site, "cross-site"},
            {site, "cross-site", page, "https://shop.example.evil.example/"},
            {site, "cross-site", page, "https://evil.example/?" + shop},
            {"Origin", "https://evil.example"},
            // A browser that does not name the page.
            {"User-Agent", "Mozilla/5.0 (X11; Linux x86_64)"},
          }) {
        assertThat(get(other, unwanted, headers).statusCode()).isEqualTo(403);
      }
    }
  }
}
