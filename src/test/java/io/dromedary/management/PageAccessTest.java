package io.dromedary.management;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.settings.StartSummary;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Http.Response;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests who may read the page and who may change things, over real sockets. */
@Timeout(60)
class PageAccessTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String WAITING = "/dromedary/pending";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Application application;

  private void start(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("webhooks.urls", receiver.url()));
    all.putAll(settings);
    application = Application.start(folder, all);
  }

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  private static String basic(String login) {
    return "Basic " + Base64.getEncoder().encodeToString(login.getBytes(UTF_8));
  }

  /** Sends a request with these header lines, and returns the status and the code of the answer. */
  private String raw(String method, String path, String headers) throws IOException {
    String body = headers.contains("text/html") ? "a=b" : "";
    String request =
        "%s %s HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n%s"
            .formatted(method, path, body.length(), headers, body);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), application.port())) {
      socket.getOutputStream().write(request.getBytes(UTF_8));
      InputStream in = socket.getInputStream();
      String answer = new String(in.readAllBytes(), UTF_8);
      String status = answer.substring(9, 12);
      return answer.contains("\"code\":\"")
          ? status + " " + answer.replaceAll("(?s).*\"code\":\"([a-z_]+)\".*", "$1")
          : status;
    }
  }

  /** Replaces HOST by the application's address, and separators by line ends. */
  private String headers(String lines) {
    return (lines == null ? "" : lines)
            .replace("HOST", "127.0.0.1:" + application.port())
            .replace("OPERATOR", basic("ann:full"))
            .replace("READER", basic("bob:look"))
            .replaceAll(" *; *", "\r\n")
        + "\r\n";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        // A program sends neither Origin nor Sec-Fetch-Site.
        "POST   | /pending/try-now?all=true | Host: HOST                                     | 200",
        "DELETE | /pending?all=true         | Host: HOST                                     | 200",
        // Forms of the page. A browser sends Origin, Sec-Fetch-Site, or both.
        "POST   | /nothing | Host: HOST; Accept: text/html; Origin: http://HOST               | 404",
        "POST   | /nothing | Host: HOST; Accept: text/html; Sec-Fetch-Site: same-origin       | 404",
        "POST   | /nothing | Host: HOST; Accept: text/html; Sec-Fetch-Site: same-origin; Origin: http://HOST | 404",
        // Without a referrer, a browser sends the origin null, but still Sec-Fetch-Site.
        "POST   | /nothing | Host: HOST; Accept: text/html; Sec-Fetch-Site: same-origin; Origin: null | 404",
        // Pages of other servers.
        "POST   | /pending/try-now?all=true | Host: HOST; Origin: https://evil.example       | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: HOST; Origin: null                       | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: HOST; Origin: http://127.0.0.1:1         | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: HOST; Sec-Fetch-Site: cross-site         | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: HOST; Sec-Fetch-Site: same-site          | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: HOST; Sec-Fetch-Site: none               | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: HOST; Sec-Fetch-Site: cross-site; Origin: http://HOST | 403 forbidden_origin",
        "DELETE | /pending?all=true         | Host: HOST; Origin: https://evil.example       | 403 forbidden_origin",
        "POST   | -                         | Host: HOST; Origin: https://evil.example       | 403 forbidden_origin",
        // A foreign name that resolves to this machine (DNS rebinding).
        "GET    | -                         | Host: evil.example                             | 403 forbidden_host",
        "GET    | /page.js                  | Host: evil.example                             | 403 forbidden_host",
        "POST   | -                         | Host: evil.example; Origin: http://evil.example | 403 forbidden_host",
        "GET    | -                         | Host: localhost                                | 200",
        "GET    | -                         | Host: HOST; Origin: https://evil.example       | 200",
        "PUT    | -                         | Host: HOST                                     | 405 method_not_allowed",
      })
  void onLoopbackWithoutASecret(String method, String path, String headers, String expected)
      throws IOException {
    start(Map.of());

    assertThat(raw(method, "/dromedary" + (path == null ? "" : path), headers(headers)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "GET    | -        | Host: any.example                                        | 401 unauthorized",
        "GET    | /page.css | Host: any.example                                       | 401 unauthorized",
        "GET    | -        | Host: any.example; Authorization: Bearer full            | 200",
        "GET    | -        | Host: any.example; Authorization: Bearer look            | 200",
        "GET    | -        | Host: any.example; Authorization: OPERATOR               | 200",
        "GET    | -        | Host: any.example; Authorization: READER                 | 200",
        "GET    | -        | Host: any.example; Authorization: Basic YW5u             | 401 unauthorized",
        "GET    | -        | Host: any.example; Authorization: Basic *                | 401 unauthorized",
        "GET    | -        | Host: any.example; Authorization: Basic ZnVsbDo=         | 401 unauthorized",
        "GET    | /pending | Host: any.example; Authorization: READER                 | 200",
        // A read-only secret changes nothing, however it is presented.
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: Bearer look | 403 read_only",
        "DELETE | /pending?all=true         | Host: any.example; Authorization: Bearer look | 403 read_only",
        "POST   | /dead-letters/replay?all=true | Host: any.example; Authorization: READER  | 403 read_only",
        "POST   | -        | Host: any.example; Authorization: READER; Sec-Fetch-Site: same-origin | 403 read_only",
        // A browser sends a password by itself, but never a Bearer token.
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: Bearer full | 200",
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: Bearer full; Origin: https://evil.example | 200",
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: OPERATOR    | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: OPERATOR; Origin: https://evil.example | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: OPERATOR; Origin: null | 403 forbidden_origin",
        "POST   | /pending/try-now?all=true | Host: any.example; Authorization: OPERATOR; Sec-Fetch-Site: same-site | 403 forbidden_origin",
        "POST   | /nothing | Host: any.example; Accept: text/html; Authorization: OPERATOR; Origin: http://any.example | 404",
        "POST   | /nothing | Host: any.example; Accept: text/html; Authorization: OPERATOR; Sec-Fetch-Site: same-origin | 404",
        // Behind a proxy that changes the Host. Browsers send Sec-Fetch-Site if the proxy has TLS.
        "POST   | /nothing | Host: inside:8080; Accept: text/html; Authorization: OPERATOR; Origin: https://outside.example; Sec-Fetch-Site: same-origin | 404",
      })
  void withSecrets(String method, String path, String headers, String expected) throws IOException {
    start(
        Map.of(
            "webhooks.management.secret", "full",
            "webhooks.management.read-only.secret", "look"));

    assertThat(raw(method, "/dromedary" + (path == null ? "" : path), headers(headers)))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET  | Host: any.example                                                     | 200",
        "POST | Host: any.example                                                     | 403 forbidden_origin",
        "POST | Host: any.example; Authorization: OPERATOR                            | 403 forbidden_origin",
        "POST | Host: any.example; Cookie: session=1; Origin: https://evil.example    | 403 forbidden_origin",
        "POST | Host: any.example; Cookie: session=1; Origin: http://any.example      | 200",
        "POST | Host: any.example; Cookie: session=1; Sec-Fetch-Site: same-origin     | 200",
        "POST | Host: any.example; Authorization: Bearer of-the-host                  | 200",
      })
  void whereTheHostLetsCallersIn(String method, String headers, String expected)
      throws IOException {
    start(Map.of("webhooks.management.auth", "host"));
    String path = method.equals("GET") ? WAITING : WAITING + "/try-now?all=true";

    // No body, which would be refused, because none of these requests is a form of the page.
    String lines = headers(headers);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), application.port())) {
      String request = method + " " + path + " HTTP/1.1\r\nConnection: close\r\n";
      socket.getOutputStream().write((request + lines + "\r\n").getBytes(UTF_8));
      String answer = new String(socket.getInputStream().readAllBytes(), UTF_8);
      assertThat(answer.substring(9)).startsWith(expected.substring(0, 3));
      if (expected.length() > 3) {
        assertThat(answer).contains("\"code\":\"" + expected.substring(4) + "\"");
      }
    }
  }

  @Test
  void thatTheHostLetsCallersInIsSaidAtTheStart() {
    start(Map.of("webhooks.management.auth", "host"));

    assertThat(StartSummary.lines(application.context()))
        .contains(
            "  management    /dromedary, for callers that the host lets in: Dromedary does not"
                + " authenticate them");
  }

  @Test
  void whoMayOnlyReadSeesNoMaskedValueThatAReceiverRepeats() {
    receiver.answer(Answer.status(400).body("there is no account of Ann Lee"));
    start(
        Map.of(
            "webhooks.management.secret", "full",
            "webhooks.management.read-only.secret", "look",
            "webhooks.management.payloads", "all",
            "webhooks.management.mask", "name"));
    Http.post(
        application.url("/v1/track"),
        json("{'userId':'u','event':'e','messageId':'m-1','context':{'name':'Ann Lee'}}"));
    String kept =
        await()
            .atMost(AT_MOST)
            .until(() -> look("/api/attempts"), answer -> answer.contains("m-1"));
    assertThat(kept).contains("answered 400: there is no account of •••");
    for (String path :
        List.of(
            "/api/attempts",
            "/api/events/m-1",
            "/api/errors",
            "/events",
            "/events/m-1",
            "/webhooks/default/1",
            "/dead-letters",
            "")) {
      assertThat(look(path)).as(path).doesNotContain("Ann Lee");
    }
  }

  /** What somebody is shown who may only read. */
  private String look(String path) {
    Response answer =
        Http.send("GET", application.url("/dromedary" + path), "Authorization", "Bearer look");
    assertThat(answer.status()).as(path).isEqualTo(200);
    return answer.body();
  }

  @Test
  void whoPresentsNothingIsToldTheWays() {
    start(Map.of("webhooks.management.read-only.secret", "look"));

    Response answer = Http.send("GET", application.url("/dromedary"));

    assertThat(answer)
        .hasToString(
            json(
                "401 {'success':false,'code':'unauthorized','message':'expected \\'Authorization:"
                    + " Bearer\\' and webhooks.management.secret, found none or another'}"));
    assertThat(answer.headers("WWW-Authenticate"))
        .containsExactly("Basic realm=\"Dromedary\", Bearer");
  }

  @Test
  void aBodyIsForFormsOfThePageAlone() {
    start(Map.of());

    assertThat(Http.post(application.url(WAITING + "/try-now?all=true"), "userId=u").body())
        .contains("\"code\":\"unexpected_body\"");
  }

  @Test
  void aLongFormIsRefused() {
    start(Map.of());

    Response answer = Http.post(application.url("/dromedary"), "a=" + "b".repeat(70_000));

    assertThat(answer.status()).isEqualTo(413);
    assertThat(answer.body()).contains("expected at most 64 KiB, found more");
  }

  @Test
  void documentsMayDoNothingButShowThemselves() {
    start(Map.of());

    Response page = Http.send("GET", application.url("/dromedary"));

    assertThat(page.status()).as(page.body()).isEqualTo(200);
    assertThat(page.headers("Content-Type")).containsExactly("text/html; charset=utf-8");
    assertThat(page.headers("Content-Security-Policy"))
        .containsExactly(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self';"
                + " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'");
    assertThat(page.headers("X-Content-Type-Options")).containsExactly("nosniff");
    assertThat(page.headers("Referrer-Policy")).containsExactly("same-origin");
    assertThat(page.headers("Cache-Control")).containsExactly("no-store");
    Response refused =
        Http.post(application.url("/dromedary"), "", "Origin", "https://evil.example");
    assertThat(refused.headers("Content-Security-Policy")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource({
    "page.css, text/css; charset=utf-8, --accent",
    "page.js, text/javascript; charset=utf-8, addEventListener",
    "icon.svg, image/svg+xml, <svg"
  })
  void filesAreKeptAsLongAsTheyAreTheSame(String name, String type, String part) {
    start(Map.of());
    String url = application.url("/dromedary/" + name);

    Response file = Http.send("GET", url);

    assertThat(file.status()).isEqualTo(200);
    assertThat(file.body()).contains(part);
    assertThat(file.headers("Content-Type")).containsExactly(type);
    assertThat(file.headers("Cache-Control")).containsExactly("no-cache");
    String tag = file.headers("ETag").get(0);
    assertThat(Http.send("GET", url, "If-None-Match", tag)).hasToString("304 ");
    assertThat(Http.send("GET", url, "If-None-Match", "\"other\"").status()).isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource({
    "/../application.properties, 400",
    "/application.properties, 404",
    "/dromedary/page/page.css, 404",
    "/%2e%2e/application.properties, 400",
    "/page.css.map, 404",
    "/pages, 404"
  })
  void thereIsNoOtherFile(String path, int status) throws IOException {
    start(Map.of());

    assertThat(raw("GET", "/dromedary" + path, headers("Host: HOST")))
        .startsWith(Integer.toString(status));
  }
}
