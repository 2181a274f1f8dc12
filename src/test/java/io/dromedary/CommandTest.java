package io.dromedary;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line: the output and exit code of each command, by its arguments. */
@Timeout(60)
class CommandTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private Shell shell;
  private Application application;

  @BeforeEach
  void receiver() {
    shell = new Shell(folder);
    receiver.answer(Answer.status(400));
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
    all.putAll(settings);
    application = Application.start(folder, all);
    shell.environment.put("CAMEL_SERVER_PORT", Integer.toString(application.port()));
  }

  private int run(String... args) {
    return shell.run(args);
  }

  private String out() {
    return shell.out();
  }

  private String err() {
    return shell.err();
  }

  private void reject(String... messageIds) {
    for (String messageId : messageIds) {
      Http.post(
          application.url("/v1/track"),
          json("{'userId':'u','event':'e','messageId':'" + messageId + "'}"));
    }
    awaitRejected(messageIds.length);
  }

  private void awaitRejected(int count) {
    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () -> {
              assertThat(run("dead-letters", "--count", "--reason=rejected")).isZero();
              assertThat(out()).startsWith("{\"count\":" + count + ",");
            });
  }

  @Test
  void deadLettersAreListedALineEach() {
    start(Map.of());
    reject("m-0", "m-1", "m-2");

    assertThat(run("dead-letters")).isZero();

    assertThat(out().lines())
        .hasSize(3)
        .allMatch(line -> line.startsWith("{\"id\":") && line.endsWith("}}"));
    assertThat(err()).isEqualTo(json("3 dead letters {'rejected':3}, 3 listed\n"));
    assertThat(run("dead-letters", "--limit=2", "--type=track")).isZero();
    assertThat(out().lines()).hasSize(2);
    assertThat(err()).isEqualTo(json("3 dead letters {'rejected':3}, 2 listed\n"));
    assertThat(run("dead-letters", "--message-id=m-1", "--limit=1000")).isZero();
    assertThat(out()).contains("\"messageId\":\"m-1\"").hasLineCount(1);
    assertThat(err()).isEqualTo(json("1 dead letters {'rejected':1}, 1 listed\n"));
  }

  @Test
  void theyAreCounted() {
    start(Map.of());
    reject("m-0");

    assertThat(run("dead-letters", "--count", "--since=2026-01-02T03:04:05Z")).isZero();

    assertThat(out()).isEqualTo(json("{'count':1,'byReason':{'rejected':1}}\n"));
    assertThat(err()).isEqualTo(json("1 dead letters {'rejected':1}\n"));
  }

  @Test
  void theyAreReplayed() throws Exception {
    start(Map.of());
    reject("m-0", "m-1");
    Http.post(application.url("/v1/track"), "{}");
    receiver.answer(Answer.status(200));

    assertThat(run("replay", "--all", "--rate=1000", "--limit=10")).isZero();

    assertThat(out())
        .isEqualTo(
            json(
                "{'replayed':2,'refused':1,'message':'invalid events cannot be replayed: send"
                    + " corrected ones, or delete these','replay':1}\n"));
    assertThat(err())
        .isEqualTo(
            "2 dead letters replayed, 1 refused: invalid events cannot be replayed: send corrected"
                + " ones, or delete these\n");
    receiver.awaitCount(4, AT_MOST);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m-0", 2, "m-1", 2));
    assertThat(run("replay", "--reason=rejected")).isZero();
    assertThat(err()).isEqualTo("0 dead letters replayed\n");
  }

  @Test
  void aReplayIsAwaited() {
    start(Map.of());
    reject("m-0", "m-1");
    receiver.answerBy(request -> Answer.status(request.text().contains("\"m-1\"") ? 401 : 200));

    assertThat(run("replay", "--all", "--wait")).isEqualTo(7);

    assertThat(out())
        .startsWith(json("{'id':1,'state':'finished','startedAt':'"))
        .endsWith(
            json(
                "','rate':100,'events':2,'waiting':0,'delivered':1,'dead':1,"
                    + "'deadByStatus':{'401':1},'deleted':0,'restored':0}\n"));
    assertThat(err())
        .isEqualTo(json("2 dead letters replayed\n2 of 2: 1 delivered, 1 dead again {'401':1}\n"));
    receiver.answer(Answer.status(200));
    shell.terminal = question -> "y";
    assertThat(run("replay", "--all", "--wait")).isZero();
    assertThat(err())
        .startsWith("1 dead letters replayed\n\r")
        .endsWith("\r" + "█".repeat(30) + " 1 of 1: 1 delivered   \n1 of 1: 1 delivered\n");
  }

  @Test
  void theyAreDeleted() {
    start(Map.of());
    reject("m-0", "m-1");

    assertThat(run("delete-dead-letters", "--message-id=m-0")).isZero();

    assertThat(out()).isEqualTo("{\"deleted\":1}\n");
    assertThat(err()).isEqualTo("1 dead letters deleted\n");
    awaitRejected(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"s3cret, old", "{{my.token}}"})
  void theSecretAndTheAddressAreThoseOfTheSettings(String secret) throws IOException {
    Files.writeString(
        folder.resolve("application.properties"),
        """
        camel.server.host = 0.0.0.0
        camel.management.port = %d
        webhooks.management.secret = %s
        webhooks.write-key.secret = key
        webhooks.allow-private = 127.0.0.0/8
        my.token = s3cret
        """
            .formatted(Application.freePort(), secret));
    start(Map.of());

    assertThat(run("dead-letters", "--count")).as(err()).isZero();

    assertThat(out()).isEqualTo(json("{'count':0,'byReason':{}}\n"));
    shell.environment.put("WEBHOOKS_MANAGEMENT_SECRET", "wr0ng");
    assertThat(run("dead-letters", "--count")).isEqualTo(8);
    assertThat(out()).isEmpty();
    assertThat(err())
        .isEqualTo(
            "expected \"Authorization: Bearer\" and webhooks.management.secret, found none or"
                + " another\n");
  }

  @Test
  void theProcessMayBeNamed() {
    start(Map.of());
    shell.environment.clear();

    assertThat(run("dead-letters", "--url=" + application.url("/"))).isZero();
    assertThat(run("replay", "--url=nowhere", "--all")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("--url: found \"nowhere\", expected a URL such as http://127.0.0.1:8080\n");
  }

  @Test
  void aProcessThatDoesNotRunIsSaid() {
    int port = Application.freePort();
    shell.environment.put("CAMEL_SERVER_PORT", Integer.toString(port));

    assertThat(run("replay", "--all")).isEqualTo(1);

    assertThat(out()).isEmpty();
    assertThat(err())
        .isEqualTo(
            "Found no process at http://127.0.0.1:"
                + port
                + ", expected Dromedary to run there: start it in this folder with java -jar"
                + " dromedary.jar\n");
  }

  @Test
  void aBadValueIsSaid() {
    start(Map.of());

    assertThat(run("dead-letters", "--reason=lost")).isEqualTo(2);
    assertThat(err())
        .isEqualTo(
            "reason: found \"lost\", expected one of invalid, transform, rejected, expired, cancelled\n");
    assertThat(run("replay")).isEqualTo(2);
    assertThat(err())
        .isEqualTo(
            "expected either a filter (class, destination, id, messageId, reason, since, status,"
                + " type, until, userId, webhook) or"
                + " all=true\n");
    assertThat(run("dead-letters", "--limit=x")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("--limit: found \"x\", expected a whole number from 1 to 999999999\n");
  }

  @ParameterizedTest
  @CsvSource({
    "replay, --al, 'found \"--al\", expected one of the options of dromedary replay. Is it --all?'",
    "replay, --count, 'found \"--count\", expected one of the options of dromedary replay.'",
    "replay, all, 'found \"all\", expected one of the options of dromedary replay.'",
    "dead-letters, --reason, 'found no value of --reason, expected --reason=REASON.'",
    "dead-letters, --all, 'found \"--all\", expected one of the options of dromedary dead-letters.'",
    "dead-letters, lst, 'found \"lst\", expected one of the commands of dromedary dead-letters.'",
    "delete-dead-letters, --rate=1,"
        + " 'found \"--rate=1\", expected one of the options of dromedary delete-dead-letters.'"
  })
  void aBadOptionIsSaidWithTheUsage(String name, String option, String message) {
    assertThat(run(name, option)).isEqualTo(2);
    assertThat(out()).isEmpty();
    assertThat(err())
        .startsWith(message)
        .contains("Usage: dromedary " + name)
        .endsWith("See: dromedary " + name + " --help\n");
  }

  @Test
  void anOptionComesOnce() {
    assertThat(run("replay", "--type=a", "--type=b")).isEqualTo(2);
    assertThat(err()).startsWith("found --type twice, expected it once.\nUsage: ");
  }

  @Test
  void aMisspeltCommandIsSaid() {
    assertThat(run("repaly")).isEqualTo(2);
    assertThat(out()).isEmpty();
    assertThat(err())
        .startsWith(
            "found \"repaly\", expected one of the commands of dromedary. Is it replay?\n"
                + "Usage: dromedary ");
    assertThat(run("-Dwebhooks.urls=http://a.example")).isEqualTo(2);
    assertThat(err()).contains(" Options of the JVM go before -jar.\n");
  }

  @Test
  void theApplicationIsRunByItsName() {
    assertThat(run("run")).isEqualTo(17);
    assertThat(run("--quiet")).isEqualTo(17);
    assertThat(run("run", "now")).isEqualTo(2);
  }

  @Test
  void theVersionIsTold() {
    assertThat(run("replay", "--version")).isZero();
    assertThat(out()).startsWith("dromedary ").contains("\nCamel 4.").hasLineCount(2);
  }

  @Test
  void whatIsReplayedIsCountedAndAskedAtATerminal() {
    start(Map.of());
    reject("m-0");
    List<String> asked = new ArrayList<>();
    shell.terminal =
        question -> {
          asked.add(question);
          return "n";
        };

    assertThat(run("replay", "--all", "--dry-run")).isZero();
    assertThat(err())
        .isEqualTo(json("1 dead letters would be replayed {'rejected':1}, within 1 s\n"));
    assertThat(run("replay", "--all")).isEqualTo(1);
    assertThat(err()).isEqualTo("nothing was done\n");
    assertThat(asked).containsExactly("Really replay 1 dead letters? [y/N] ");
    assertThat(run("replay", "--all", "--yes")).isZero();
    assertThat(err()).isEqualTo("1 dead letters replayed\n");
  }

  @Test
  void withoutATerminalDeletingNeedsToBeSure() {
    start(Map.of());
    reject("m-0", "m-1");

    assertThat(run("dead-letters", "delete", "--all")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("found no terminal to ask whether to delete 2 dead letters, expected --yes\n");
    assertThat(run("dead-letters", "count", "-q")).isZero();
    assertThat(out()).isEqualTo(json("{'count':2,'byReason':{'rejected':2}}\n"));
    assertThat(err()).isEmpty();
    assertThat(run("dead-letters", "delete", "--message-id=m-0", "-y")).isZero();
    shell.terminal = question -> "yes";
    assertThat(run("dead-letters", "delete", "--all")).isZero();
    assertThat(out()).isEqualTo("{\"deleted\":1}\n");
  }

  @Test
  void badSettingsAreSaid() {
    shell.environment.put("WEBHOOKS_MANAGEMENT_SECRET", "hush,,hush");

    assertThat(run("dead-letters")).isEqualTo(2);

    assertThat(List.of(err().split("\n")))
        .containsExactly(
            "Dromedary cannot start: 1 setting is wrong.",
            "  webhooks.management.secret: found a secret value, expected values separated by"
                + " single commas.");
  }
}
