package io.dromedary;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The commands for a running application. */
@Timeout(60)
class OperatorCommandsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Shell shell;
  private Application application;

  @BeforeEach
  void shell() {
    shell = new Shell(folder);
  }

  @AfterEach
  void stop() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("webhooks.urls", receiver.url("/hook")));
    // A failed event waits in the outbox for a long time.
    all.put("webhooks.retry.initial-delay", "10m");
    all.put("webhooks.retry.jitter", "0");
    all.putAll(settings);
    application = Application.start(folder, all);
    shell.environment.put("CAMEL_SERVER_PORT", Integer.toString(application.port()));
  }

  /** Sends an event that then waits for a long time. */
  private void park(String messageId) {
    shell.in = json("{'messageId':'" + messageId + "','type':'track','event':'E','userId':'u'}");
    assertThat(shell.run("send", "-")).as(shell.err()).isZero();
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              shell.run("pending", "--message-id=" + messageId);
              assertThat(shell.out()).contains("\"state\":\"waiting\"", "\"status\":503");
            });
  }

  @Test
  void whatWaitsIsListedCountedAndChanged() {
    receiver.answer(Answer.status(503));
    start(Map.of());
    park("m-0");
    park("m-1");
    park("m-2");

    assertThat(shell.run("pending")).isZero();
    assertThat(shell.out().lines()).hasSize(3).allMatch(line -> line.startsWith("{\"id\":"));
    assertThat(shell.err()).isEqualTo("3 pending events listed\n");
    assertThat(shell.run("pending", "list", "--limit=2")).isZero();
    assertThat(shell.out().lines()).hasSize(2);
    assertThat(shell.run("pending", "count", "--status=5xx")).isZero();
    assertThat(shell.out()).isEqualTo("{\"count\":3}\n");
    assertThat(shell.err()).isEqualTo("3 pending events\n");

    assertThat(shell.run("pending", "delete")).isEqualTo(2);
    assertThat(shell.err()).startsWith("expected either a filter (");
    assertThat(shell.run("pending", "delete", "--message-id=m-0")).isEqualTo(2);
    assertThat(shell.err())
        .isEqualTo("found no terminal to ask whether to delete 1 pending events, expected --yes\n");
    assertThat(shell.run("pending", "delete", "--message-id=m-0", "--yes")).isZero();
    assertThat(shell.out()).isEqualTo("{\"deleted\":1,\"inMemory\":0}\n");
    assertThat(shell.err()).isEqualTo("1 pending events deleted\n");
    assertThat(shell.run("pending", "give-up", "--message-id=m-1", "-y")).isZero();
    assertThat(shell.err()).isEqualTo("1 pending events given up\n");

    receiver.answer(Answer.status(200));
    assertThat(shell.run("pending", "try-now", "--all")).isZero();
    assertThat(shell.err()).isEqualTo("1 pending events due now\n");
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              assertThat(shell.run("explain", "m-2")).isZero();
              assertThat(shell.out())
                  .startsWith("delivered    destination default\n")
                  .contains("  accepted   20", " m-2 default/1 #2 200  ");
              assertThat(receiver.messageIds()).containsEntry("m-2", 2);
            });
  }

  @Test
  void anEventIsExplained() {
    receiver.answer(Answer.status(503));
    start(Map.of());
    park("m-0");

    assertThat(shell.run("explain", "m-0")).isZero();
    assertThat(shell.out())
        .startsWith("pending    number 1 of destination default, type track\n")
        .contains(
            "  because    the retry schedule\n",
            "  attempts   1\n",
            "  next       20",
            "  webhook    " + receiver.url() + " pending answered 503\n");
    assertThat(shell.err()).isEmpty();
    assertThat(shell.run("explain", "m-0", "--json")).isZero();
    assertThat(shell.out())
        .startsWith(json("{'version':1,'state':'pending','event':{'id':1,"))
        .hasLineCount(1);

    shell.run("pending", "give-up", "--all", "--yes");
    assertThat(shell.run("explain", "m-0")).isZero();
    assertThat(shell.out())
        .startsWith("dead letter    number 1 of destination default, type track\n")
        .contains("  because    cancelled: an operator has given it up; ");

    assertThat(shell.run("explain", "m-9")).isEqualTo(5);
    assertThat(shell.out()).isEmpty();
    assertThat(shell.err())
        .isEqualTo(
            "Found no event m-9 that waits and no dead letter of it: it was delivered, dropped or"
                + " deleted, or has never been accepted here.\n");
    assertThat(shell.run("explain", "m-9", "--json", "--quiet")).isEqualTo(5);
    assertThat(shell.out()).isEqualTo(json("{'version':1,'state':'unknown','messageId':'m-9'}\n"));
    assertThat(shell.err()).isEmpty();
  }

  @Test
  void anEventIsSentAndAwaited() throws Exception {
    start(Map.of());

    assertThat(shell.run("send", "--event=Order Placed", "--user=u7", "--wait=10s")).isZero();
    assertThat(shell.out()).matches("cli-[0-9a-f-]{36} delivered\n");
    assertThat(receiver.requests().get(0).text())
        .contains("\"event\":\"Order Placed\"", "\"userId\":\"u7\"", "\"type\":\"track\"");

    receiver.answer(Answer.status(400));
    Files.writeString(
        folder.resolve("event.json"), json("{'type':'identify','userId':'u','messageId':'m-1'}"));
    assertThat(shell.run("send", "event.json", "--wait=10s", "--json")).isEqualTo(7);
    assertThat(shell.out())
        .isEqualTo(json("{'version':1,'messageId':'m-1','state':'dead-letter'}\n"));

    receiver.answer(Answer.status(503));
    assertThat(shell.run("send", "--wait=300ms")).isEqualTo(6);
    assertThat(shell.out()).endsWith(" pending\n");
  }

  @Test
  void whatIsNoEventIsNotSent() {
    start(Map.of());

    shell.in = "[1]";
    assertThat(shell.run("send", "-")).isEqualTo(2);
    assertThat(shell.err()).startsWith("found no JSON object, expected an event: ");
    assertThat(shell.run("send", "--type=nonsense")).isEqualTo(2);
    assertThat(shell.err()).startsWith("expected \"type\" to be one of page, ");
    assertThat(shell.run("send", "nowhere.json")).isEqualTo(2);
    assertThat(shell.err()).startsWith("nowhere.json: found no file that can be read");
    assertThat(shell.run("send", "--wait=soon")).isEqualTo(2);
    assertThat(shell.err())
        .isEqualTo("--wait: found \"soon\", expected a time such as 500ms, 30s or 5m\n");
  }

  @Test
  void theStatusTellsWhatIsDown() throws Exception {
    receiver.answer(Answer.status(500));
    start(
        Map.of(
            "webhooks.down.attempts",
            "1",
            "webhooks.down.after",
            "0s",
            "webhooks.down.events",
            "1"));

    assertThat(shell.run("status")).as(shell.err()).isZero();
    assertThat(shell.out())
        .startsWith("dromedary          up\n")
        .contains("  webhook 1 " + receiver.url() + "  up\n", "\npending            0\n")
        .endsWith("\ndead letters       0\n")
        .doesNotContain("route:");

    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              shell.run("send");
              assertThat(shell.run("status")).isEqualTo(3);
            });
    assertThat(shell.out())
        .startsWith("dromedary          degraded\n")
        .contains("  webhook 1 " + receiver.url() + "  down since 20");
    assertThat(shell.run("status", "--json")).isEqualTo(3);
    assertThat(shell.out())
        .startsWith(json("{'version':1,'state':'degraded','pending':"))
        .contains(json("'health':{'status':'UP',"))
        .hasLineCount(1);
  }

  @Test
  void theStatusOfNoProcessIsDown() {
    shell.environment.put("CAMEL_SERVER_PORT", Integer.toString(Application.freePort()));

    assertThat(shell.run("status")).isEqualTo(4);
    assertThat(shell.err()).startsWith("Found no process at http://127.0.0.1:");
  }

  @Test
  void theHealthOfAnOpenServerIsAskedForOnItsOwnPortWithThePassword() throws Exception {
    int port = Application.freePort();
    Path users = Files.writeString(folder.resolve("users.properties"), "user.probe = pw, probe\n");
    Files.writeString(
        folder.resolve("application.properties"),
        """
        camel.server.host = 0.0.0.0
        camel.management.host = 0.0.0.0
        camel.management.port = %d
        camel.management.authenticationEnabled = true
        camel.management.basicPropertiesFile = %s
        webhooks.write-key.secret = key
        webhooks.management.secret = token
        webhooks.allow-private = 127.0.0.0/8
        """
            .formatted(port, users));
    start(Map.of());

    assertThat(shell.run("status")).as(shell.err()).isZero();
    assertThat(shell.out())
        .startsWith("dromedary          up\n")
        .contains("\npending            0\n");
    assertThat(shell.run("send", "--wait=10s")).as(shell.err()).isZero();
    Files.writeString(users, "user.probe = other\n");
    assertThat(shell.run("status")).isEqualTo(8);
    assertThat(shell.out() + shell.err()).doesNotContain("other", "token");
  }

  @Test
  void theCompletionIsAScriptOfTheShell() throws Exception {
    assertThat(shell.run("completion", "bash")).isZero();
    Path script = Files.writeString(folder.resolve("completion.sh"), shell.out());
    Process bash =
        new ProcessBuilder(
                "bash",
                "-c",
                "source "
                    + script
                    + "; COMP_WORDS=(dromedary rep); COMP_CWORD=1;"
                    + " _complete_dromedary; echo ${COMPREPLY[@]}")
            // Bash warns there that it is not running a completion.
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(new String(bash.getInputStream().readAllBytes(), UTF_8)).isEqualTo("replay\n");
    assertThat(bash.waitFor()).isZero();
  }
}
