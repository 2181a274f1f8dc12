package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands status --watch and explain --at. */
@Timeout(60)
class WatchCommandTest {

  @TempDir Path folder;

  @Test
  void theStatusIsWatched() {
    Shell shell = new Shell(folder);
    try (Receiver receiver = Receiver.start();
        Application application =
            Application.start(folder, Map.of("webhooks.urls", receiver.url()))) {
      shell.environment.put("CAMEL_SERVER_PORT", Integer.toString(application.port()));

      assertThat(shell.run("status", "--watch", "--count=2")).isZero();
      assertThat(shell.out().lines().filter(line -> line.equals("dromedary          up")))
          .hasSize(2);
      assertThat(shell.run("status", "--watch", "--count=2", "--json")).isZero();
      assertThat(shell.out().lines())
          .hasSize(2)
          .allMatch(line -> line.contains("\"state\":\"up\""));
      shell.terminal = question -> null;
      assertThat(shell.run("status", "--watch", "--count=1")).isZero();
      assertThat(shell.out()).startsWith("\u001b[H\u001b[Jdromedary          up");
    }
    shell.terminal = null;
    assertThat(shell.run("status", "--watch", "--count=2")).isEqualTo(4);
    assertThat(shell.out().lines().filter(line -> line.equals("dromedary          down")))
        .hasSize(2);
    assertThat(shell.out()).contains("Found no process at http://127.0.0.1:");
  }

  @Test
  void anOutageIsExplainedBeforeItComes() throws Exception {
    Shell shell = new Shell(folder);
    Files.writeString(
        folder.resolve("application.properties"),
        """
        webhooks.urls = http://127.0.0.1:1/hook
        webhooks.allow-private = 127.0.0.1
        webhooks.retry.window = 1m
        webhooks.retry.initial-delay = 10s
        webhooks.retry.max-delay = 40s
        webhooks.destination.crm.urls = http://127.0.0.1:1/crm
        webhooks.destination.crm.retry.window = 200ms
        webhooks.destination.crm.retry.initial-delay = 1ms
        webhooks.destination.crm.retry.multiplier = 1
        """);

    assertThat(shell.run("explain", "--at=2026-01-02T03:04:05Z", "--destination=default"))
        .as(shell.err())
        .isZero();
    assertThat(shell.out())
        .isEqualTo(
            """
            destination default: an event from 2026-01-02T03:04:05Z that no webhook accepts
                 1  2026-01-02T03:04:05Z  after 0ms
                 2  2026-01-02T03:04:15Z  after 10s
                 3  2026-01-02T03:04:35Z  after 30s
                 4  2026-01-02T03:05:05Z  after 1m  the last; then it is a dead letter (expired)
            """);
    assertThat(shell.err())
        .startsWith(
            "These are the latest times: a delay may be shorter by up to 20 %, and a webhook");

    assertThat(shell.run("explain", "--from-now", "--quiet")).isZero();
    assertThat(shell.out()).contains("destination crm: ", "  … 100 more\n", "   201  ");

    assertThat(shell.run("explain", "--at=2026-01-02T03:04:05Z", "--destination=default", "--json"))
        .isZero();
    assertThat(shell.out())
        .isEqualTo(
            "{\"version\":1,\"destination\":\"default\",\"acceptedAt\":\"2026-01-02T03:04:05Z\","
                + "\"attempts\":4,\"attemptsAt\":[\"2026-01-02T03:04:05Z\","
                + "\"2026-01-02T03:04:15Z\",\"2026-01-02T03:04:35Z\",\"2026-01-02T03:05:05Z\"],"
                + "\"lastAttemptAt\":\"2026-01-02T03:05:05Z\"}\n");

    assertThat(shell.run("explain", "--at=soon")).isEqualTo(2);
    assertThat(shell.err())
        .isEqualTo("--at: found \"soon\", expected an instant such as 2026-01-02T03:04:05Z\n");
    assertThat(shell.run("explain", "--from-now", "--destination=shop")).isEqualTo(2);
    assertThat(shell.err())
        .isEqualTo("--destination: found \"shop\", expected one of default, crm\n");
    assertThat(shell.run("explain", "m-1", "--destination=crm")).isEqualTo(2);
    assertThat(shell.run("explain")).isEqualTo(2);
    assertThat(shell.run("explain", "m-1", "--from-now")).isEqualTo(2);
  }
}
