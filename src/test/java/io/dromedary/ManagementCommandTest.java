package io.dromedary;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

/** The command that manages dead letters, as a function of what it is given. */
@Timeout(60)
class ManagementCommandTest {

  private static final Duration AT_MOST = Duration.ofSeconds(20);
  private static final String USAGE =
      """
      Usage: java -jar dromedary.jar dead-letters [--count | --limit=N] [FILTER…]
             java -jar dromedary.jar replay [--rate=N] [--limit=N] (FILTER… | --all)
             java -jar dromedary.jar delete-dead-letters (FILTER… | --all)
      FILTER is any of --reason=invalid|transform|rejected|expired|cancelled, --type=TYPE,
      --message-id=ID, --user-id=ID, --destination=NAME, --webhook=NAME,
      --status=503|5xx|none, --since=INSTANT, --until=INSTANT (such as
      2026-01-02T03:04:05Z), --id=N,N…
      The running process is found by the settings in this folder, or by --url=http://HOST:PORT
      """;

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Application application;

  @BeforeEach
  void receiver() {
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
    environment.put("CAMEL_SERVER_PORT", Integer.toString(application.port()));
  }

  private int run(String... args) {
    out.reset();
    err.reset();
    return new ManagementCommand(
            folder,
            environment,
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8))
        .run(args);
  }

  private String out() {
    return out.toString(UTF_8);
  }

  private String err() {
    return err.toString(UTF_8);
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
                "{'replayed':2,'refused':1,'message':'what is invalid never was an event: send it"
                    + " again corrected, or delete it here'}\n"));
    assertThat(err())
        .isEqualTo(
            "2 dead letters replayed, 1 refused: what is invalid never was an event: send it again"
                + " corrected, or delete it here\n");
    receiver.awaitCount(4, AT_MOST);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m-0", 2, "m-1", 2));
    assertThat(run("replay", "--reason=rejected")).isZero();
    assertThat(err()).isEqualTo("0 dead letters replayed\n");
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
    environment.put("WEBHOOKS_MANAGEMENT_SECRET", "wr0ng");
    assertThat(run("dead-letters", "--count")).isEqualTo(1);
    assertThat(out()).isEmpty();
    assertThat(err())
        .isEqualTo(
            "expected \"Authorization: Bearer\" and webhooks.management.secret, found none or"
                + " another\n");
  }

  @Test
  void theProcessMayBeNamed() {
    start(Map.of());
    environment.clear();

    assertThat(run("dead-letters", "--url=" + application.url("/"))).isZero();
    assertThat(run("replay", "--url=nowhere", "--all")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("--url: found \"nowhere\", expected a URL such as http://127.0.0.1:8080\n");
  }

  @Test
  void aProcessThatDoesNotRunIsSaid() {
    int port = Application.freePort();
    environment.put("CAMEL_SERVER_PORT", Integer.toString(port));

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
            "expected either a filter (destination, id, messageId, reason, since, status, type, until, userId, webhook) or"
                + " all=true\n");
    assertThat(run("dead-letters", "--limit=x")).isEqualTo(2);
    assertThat(err())
        .isEqualTo("--limit: found \"x\", expected a whole number from 1 to 999999999\n");
  }

  @ParameterizedTest
  @CsvSource({
    "replay, --al, 'found \"--al\", expected one of the options of replay.'",
    "replay, --all=true, 'found \"--all=true\", expected one of the options of replay.'",
    "replay, --count, 'found \"--count\", expected one of the options of replay.'",
    "replay, all, 'found \"all\", expected one of the options of replay.'",
    "dead-letters, --reason, 'found \"--reason\", expected one of the options of dead-letters.'",
    "dead-letters, --all, 'found \"--all\", expected one of the options of dead-letters.'",
    "delete-dead-letters, --rate=1,"
        + " 'found \"--rate=1\", expected one of the options of delete-dead-letters.'"
  })
  void aBadOptionIsSaidWithTheUsage(String name, String option, String message) {
    assertThat(run(name, option)).isEqualTo(2);
    assertThat(out()).isEmpty();
    assertThat(err()).isEqualTo(message + "\n" + USAGE);
  }

  @Test
  void anOptionComesOnce() {
    assertThat(run("replay", "--type=a", "--type=b")).isEqualTo(2);
    assertThat(err()).isEqualTo("found --type twice, expected it once.\n" + USAGE);
  }

  @Test
  void badSettingsAreSaid() {
    environment.put("WEBHOOKS_MANAGEMENT_SECRET", "hush,,hush");

    assertThat(run("dead-letters")).isEqualTo(2);

    assertThat(List.of(err().split("\n")))
        .containsExactly(
            "Dromedary cannot start: 1 setting is wrong.",
            "  webhooks.management.secret: found a secret value, expected values separated by"
                + " single commas.");
  }
}
