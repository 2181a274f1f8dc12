package io.dromedary;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Signatures;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command check, with real servers. */
@Timeout(60)
class CheckCommandTest {

  private static final Certificates CERTIFICATES = new Certificates();

  @TempDir Path folder;
  private Shell shell;

  @BeforeEach
  void shell() throws Exception {
    shell = new Shell(folder);
    shell.environment.put("WEBHOOKS_ALLOW_PRIVATE", "127.0.0.0/8");
    shell.environment.put(
        "WEBHOOKS_OUTBOX_URL", "jdbc:sqlite:" + folder.resolve("data").resolve("outbox.db"));
  }

  private void trust() throws Exception {
    shell.environment.put("WEBHOOKS_TLS_TRUST_STORE", CERTIFICATES.trustStore(folder).toString());
    shell.environment.put("WEBHOOKS_TLS_TRUST_STORE_PASSWORD", Certificates.PASSWORD);
  }

  @Test
  void aGoodWebhookIsConnectedToAndSentNothing() throws Exception {
    trust();
    try (Receiver receiver = Receiver.startTls(CERTIFICATES.good())) {
      String origin = "https://localhost:" + receiver.port();
      shell.environment.put("WEBHOOKS_URLS", origin + "/hush-hush");

      int code = shell.run("check");

      assertThat(shell.out())
          .containsPattern(
              "(?s)^settings   ok       destinations: default\\n"
                  + "store      (ok|warning)  +\\S+outbox.db, made at the first start, \\d+ MB free\\n"
                  + "default/1  "
                  + origin
                  + "\\n  dns      ok       127\\.0\\.0\\.1\\S* in \\d+ ms\\n"
                  + "  connect  ok       127.0.0.1 port "
                  + receiver.port()
                  + " in \\d+ ms\\n"
                  + "  tls      (ok|warning)  +TLSv1.3 in \\d+ ms, CN=.*, \\d+ days left, until 20.*\\n"
                  + "  skew     unknown  not known without a request: --head\\n$")
          .doesNotContain("hush");
      assertThat(code).isIn(0, 3);
      assertThat(shell.err()).matches("\\d warnings, 0 failures\n");
      assertThat(receiver.count()).isZero();
    }
  }

  @Test
  void aCertificateThatIsNotTrustedIsSaid() throws Exception {
    trust();
    try (Receiver receiver = Receiver.startTls(CERTIFICATES.selfSigned())) {
      shell.environment.put("WEBHOOKS_URLS", "https://localhost:" + receiver.port());

      assertThat(shell.run("check", "default")).isEqualTo(4);
      assertThat(shell.out())
          .contains("\n  tls      failed   the certificate is not trusted: it is self-signed: CN=");
    }
  }

  @Test
  void whatCannotBeReachedIsSaidOfEachWebhook() {
    shell.environment.put(
        "WEBHOOKS_URLS",
        "http://127.0.0.1:" + Application.freePort() + ",http://nowhere.invalid/hook");

    assertThat(shell.run("check", "--json")).isEqualTo(4);
    assertThat(shell.out())
        .containsPattern(
            json(
                "'webhook':'http://127.0.0.1:\\d+','step':'connect','level':'failed',"
                    + "'detail':'the connection was refused'"))
        .containsPattern(
            json(
                "'subject':'default/2','webhook':'http://nowhere.invalid','step':'dns',"
                    + "'level':'failed','detail':'unknown host'"));
    assertThat(shell.out().lines()).allMatch(line -> line.startsWith("{\"version\":1,"));
  }

  /** A name of this machine that resolves to a private address, which the settings do not check. */
  private static String privateName() throws IOException {
    List<String> names =
        List.of(InetAddress.getLocalHost().getHostName(), "ip6-localhost", "localhost.localdomain");
    return names.stream()
        .filter(CheckCommandTest::isPrivate)
        .findFirst()
        .orElseThrow(() -> new AssertionError("expected a private address of one of " + names));
  }

  private static boolean isPrivate(String name) {
    try {
      InetAddress address = InetAddress.getByName(name);
      return address.isSiteLocalAddress() || address.isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  @Test
  void whatIsNotAllowedIsNotConnectedTo() throws Exception {
    try (Receiver receiver = Receiver.start()) {
      shell.environment.put("WEBHOOKS_ALLOW_PRIVATE", "198.51.100.0/24");
      shell.environment.put("WEBHOOKS_URLS", "http://" + privateName() + ":" + receiver.port());

      assertThat(shell.run("check", "--head", "--send")).isEqualTo(4);
      assertThat(shell.out())
          .contains("  dns      failed   ", "is not of the public internet")
          .doesNotContain("  connect ");
      assertThat(receiver.connections()).isZero();
    }
  }

  @Test
  void requestsAreMadeWhereTheyAreAskedFor() {
    try (Receiver receiver = Receiver.start()) {
      receiver.answer(Answer.status(200).header("Date", "Fri, 02 Jan 2026 03:04:05 GMT"));
      shell.environment.put("WEBHOOKS_URLS", receiver.url("/hook?token=hush"));
      shell.environment.put("WEBHOOKS_SIGNING_SECRET", "of-the-check");

      assertThat(shell.run("check", "--head", "--send")).as(shell.out()).isEqualTo(3);

      assertThat(shell.out())
          .containsPattern("\n  head     ok       answered 200 in \\d+ ms\n")
          .containsPattern("\n  skew     warning  its clock is \\d+ s behind\n")
          .containsPattern("\n  send     ok       event check-\\S+ accepted, 200 in \\d+ ms\n")
          .doesNotContain("hush", "of-the-check");
      assertThat(receiver.requests()).extracting("method").containsExactly("HEAD", "POST");
      assertThat(receiver.requests().get(1).header("X-Signature"))
          .isEqualTo(Signatures.hmacSha1("of-the-check", receiver.requests().get(1).body()));

      receiver.answer(Answer.status(401));
      assertThat(shell.run("check", "--send")).isEqualTo(4);
      assertThat(shell.out()).contains(" not accepted: answered 401 in ");
    }
  }

  @Test
  void aStoreOnPostgresIsConnectedTo() throws Exception {
    shell.environment.put("WEBHOOKS_URLS", "log:nowhere");
    try (EmbeddedPostgres server = EmbeddedPostgres.start()) {
      String url = "jdbc:postgresql://localhost:" + server.getPort() + "/postgres";
      shell.environment.put("WEBHOOKS_OUTBOX_URL", url + "?password=hush");
      shell.environment.put("WEBHOOKS_OUTBOX_USER", "postgres");

      assertThat(shell.run("check")).as(shell.out()).isZero();
      assertThat(shell.out())
          .containsPattern("\nstore      ok       " + url + ", PostgreSQL \\d\\S* .*in \\d+ ms\n")
          .endsWith(
              "default/1  log:nowhere\n  connect  unknown  it is a Camel endpoint, not a URL\n");
    }

    assertThat(shell.run("check")).isEqualTo(4);
    assertThat(shell.out()).contains("\nstore      failed   ").doesNotContain("hush");
  }

  @Test
  void whatGoesByAProxyIsLeftToIt() throws Exception {
    try (Receiver receiver = Receiver.start()) {
      Files.writeString(
          folder.resolve("application.properties"),
          "camel.component.http.proxyHost = 127.0.0.1\ncamel.component.http.proxyPort = "
              + receiver.port());
      shell.environment.put("WEBHOOKS_URLS", "http://a.example/hook");

      assertThat(shell.run("check", "--send")).isEqualTo(3);
      assertThat(shell.out())
          .contains("\n  connect  unknown  it is sent to by a proxy: --send\n")
          .contains("\n  send     ok ");
      assertThat(receiver.requests()).extracting("path").containsExactly("http://a.example/hook");
    }
  }

  @Test
  void wrongSettingsAndDestinationsAreSaid() throws Exception {
    assertThat(shell.run("check", "crm")).isEqualTo(2);
    assertThat(shell.err()).isEqualTo("found \"crm\", expected one of the destinations default\n");
    Files.writeString(
        folder.resolve("application.properties"), "webhooks.ulrs = https://a.example\n");
    assertThat(shell.run("check")).isEqualTo(2);
    assertThat(shell.err()).startsWith("Dromedary cannot start: 1 setting is wrong.\n");
  }
}
