package io.dromedary.operations;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.LogLines;
import io.dromedary.testing.Receiver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Each change by an operator is a line of the audit log: caller, filter and count. */
@Timeout(120)
class AuditedOperationsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final String SECRET = "sharedsecretvalue";

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final LogLines log = LogLines.of("io.dromedary.audit");
  private Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
    log.close();
  }

  private static String basic(String name) {
    return "Basic " + Base64.getEncoder().encodeToString((name + ":" + SECRET).getBytes(UTF_8));
  }

  private void ask(String method, String path, String authorization) {
    assertThat(status(method, path, authorization)).isEqualTo(200);
  }

  private int status(String method, String path, String authorization) {
    return Http.send(
            method,
            application.url("/dromedary" + path),
            "Authorization",
            authorization,
            "Sec-Fetch-Site",
            "same-origin")
        .status();
  }

  private void send(String id) {
    Http.post(
        application.url("/v1/track"),
        "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}");
  }

  private void awaitDeadLetters(int count) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(
                        Http.send(
                                "GET",
                                application.url("/dromedary/dead-letters/count"),
                                "Authorization",
                                "Bearer " + SECRET)
                            .body())
                    .contains("\"count\":" + count));
  }

  @Test
  void saysWhoHasDoneWhat() throws Exception {
    receiver.answer(Answer.status(410));
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.urls",
                receiver.url(),
                "webhooks.management.secret",
                SECRET,
                "webhooks.retry.in-memory",
                "0s"));
    send("m-1");
    send("m-2");
    awaitDeadLetters(2);
    ask("POST", "/dead-letters/replay?messageId=m-1&rate=10", basic("anna"));
    awaitDeadLetters(2);
    ask("DELETE", "/dead-letters?all=true", "Bearer " + SECRET);
    ask("POST", "/api/pending/try-now?userId=u", basic("ben"));
    ask("POST", "/pending/give-up?userId=u", basic("ben"));
    ask("DELETE", "/pending?userId=u", basic(""));
    // Reads and dry runs are not changes.
    ask("GET", "/dead-letters", basic("anna"));
    ask("POST", "/dead-letters/replay?all=true&dryRun=true", basic("anna"));
    // Nothing has been done to what there is not.
    assertThat(status("POST", "/api/replays/7/stop", basic("anna"))).isEqualTo(404);

    assertThat(log.lines())
        .containsExactly(
            "INFO dead-letters.replay by anna: 1 (messageId=m-1&rate=10)",
            "INFO dead-letters.delete by bearer: 2 (all=true)",
            "INFO pending.try-now by ben: 0 (userId=u)",
            "INFO pending.give-up by ben: 0 (userId=u)",
            "INFO pending.delete by basic: 0 (userId=u)");
  }
}
