package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every path that Dromedary serves can be changed. */
class ServerPathsTest {

  private static final String EVENT = "{\"userId\":\"u\",\"event\":\"e\"}";
  private static final String BATCH = "{\"batch\":[{\"type\":\"page\",\"userId\":\"u\"}]}";
  private static final String SUCCESS = "200 {\"success\":true}";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Application application;

  @AfterEach
  void stop() {
    application.close();
    receiver.close();
  }

  private void start(String root, String tracking, String management) {
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.urls", receiver.url("/hook"),
                "webhooks.path", tracking,
                "webhooks.management.path", management,
                "camel.server.path", root));
  }

  private int status(String method, String path) {
    return Http.send(method, application.url(path)).status();
  }

  @ParameterizedTest
  @CsvSource({
    "/,         /v1,        /dromedary, ''",
    "/,         /events/v1, /ops/hooks, ''",
    "/shop,     /v1,        /dromedary, /shop",
    "/v1,       /v1,        /ops,       /v1",
    "/a/b/,     /track,     /ops,       /a/b"
  })
  void eachIsServedWhereItIsSetAndNowhereElse(
      String root, String tracking, String management, String before) {
    start(root, tracking, management);
    String api = before + tracking;

    assertThat(Http.post(application.url(api + "/track"), EVENT)).hasToString(SUCCESS);
    assertThat(Http.post(application.url(api + "//batch/"), BATCH)).hasToString(SUCCESS);
    assertThat(Http.post(application.url(api + "/nonsense"), EVENT))
        .hasToString(
            "404 {\"success\":false,\"code\":\"not_found\",\"message\":\"expected "
                + "%1$s/batch, %1$s/import or %1$s/TYPE, found another path\"}".formatted(api));
    assertThat(status("GET", before + management + "/dead-letters/count")).isEqualTo(200);
    assertThat(status("GET", before + management + "/dead-letters/other")).isEqualTo(404);
    assertThat(status("GET", before + "/bin")).isEqualTo(200);
    assertThat(status("GET", before + "/observe/health")).isEqualTo(200);
    for (String other : new String[] {"/v1/track", "/dromedary/dead-letters", "/dead-letters"}) {
      boolean isServed = other.startsWith(api + "/") || other.startsWith(before + management + "/");
      if (!isServed) {
        assertThat(status("POST", other)).as(other).isEqualTo(404);
      }
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> receiver.requests().size() == 2);
  }

  @Test
  void theCommandFindsThem() throws Exception {
    start("/shop", "/v1", "/ops");
    Files.writeString(
        folder.resolve("application.properties"),
        """
        camel.server.host = 127.0.0.1
        camel.server.port = %d
        camel.server.path = /shop
        webhooks.management.path = /ops
        """
            .formatted(application.port()));
    Shell shell = new Shell(folder);

    int code = shell.run("dead-letters", "--count");

    assertThat(shell.out()).startsWith("{\"count\":0,");
    assertThat(code).isZero();
  }

  @Test
  void whatIsForOperatorsIsNotOfAnotherHost() {
    start("/shop", "/events", "/ops");

    assertThat(
            Http.send(
                    "POST",
                    application.url("/shop/ops/dead-letters/replay?all=true"),
                    "Origin",
                    "https://evil.example")
                .status())
        .isEqualTo(403);
    assertThat(
            Http.post(
                    application.url("/shop/events/track"), EVENT, "Origin", "https://evil.example")
                .status())
        .isEqualTo(403);
  }
}
