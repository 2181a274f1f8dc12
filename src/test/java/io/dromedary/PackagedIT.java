package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.Answer;
import io.dromedary.testing.FastStart;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import io.dromedary.testing.Signatures;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs the package as a user does: as a process of its own, in a folder of its own. */
class PackagedIT {

  private static final Duration AT_MOST = Duration.ofMinutes(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The folder in which it runs, and another one for its output. */
  @TempDir Path home;

  @TempDir Path output;

  private final int port = Application.freePort();
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> options = new ArrayList<>();
  private final HttpClient client = HttpClient.newHttpClient();
  private Process process;

  @BeforeEach
  void port() {
    environment.put("CAMEL_SERVER_PORT", Integer.toString(port));
  }

  @AfterEach
  void end() throws InterruptedException {
    receiver.close();
    if (process != null) {
      process.destroyForcibly();
      assertThat(process.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();
    }
  }

  private void launch() throws IOException {
    List<String> command = FastStart.javaOfJar();
    command.addAll(options);
    command.addAll(List.of("-jar", FastStart.JAR.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectOutput(output.resolve("out").toFile())
            .redirectError(output.resolve("err").toFile());
    // No variables of the user who runs the tests.
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
    builder.environment().putAll(environment);
    process = builder.start();
  }

  private void start() throws IOException {
    launch();
    await()
        .atMost(AT_MOST)
        .failFast(() -> assertThat(process.isAlive()).as(out() + err()).isTrue())
        .until(() -> out().contains("Dromedary is ready"));
  }

  /** Waits for the process to end, and returns its exit code. */
  private int exitCode() throws InterruptedException {
    assertThat(process.waitFor(AT_MOST.toSeconds(), SECONDS))
        .as("ends within %s: %s%s", AT_MOST, out(), err())
        .isTrue();
    return process.exitValue();
  }

  /** Asks the process to end, as an operator or a container platform does. */
  private void terminate() throws InterruptedException {
    process.destroy();
    assertThat(exitCode()).isIn(0, 143);
  }

  private String out() {
    return text(output.resolve("out"));
  }

  private String err() {
    return text(output.resolve("err"));
  }

  private static String text(Path file) {
    try {
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The lines of the log, without the times. */
  private List<String> log() {
    return out().lines().map(line -> line.replaceFirst("^\\S+ ", "")).toList();
  }

  /** Posts a body with the Content-Type of a form, as curl's {@code -d} in the README does. */
  private HttpResponse<String> post(String path, String body)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri(path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .POST(BodyPublishers.ofString(body))
            .build(),
        BodyHandlers.ofString());
  }

  private String get(String path) throws IOException, InterruptedException {
    return client.send(HttpRequest.newBuilder(uri(path)).build(), BodyHandlers.ofString()).body();
  }

  private URI uri(String path) {
    return URI.create("http://127.0.0.1:" + port + path);
  }

  private void track(String messageId) throws IOException, InterruptedException {
    HttpResponse<String> answer =
        post(
            "/v1/track",
            "{\"userId\":\"u\",\"event\":\"Sold\",\"messageId\":\"" + messageId + "\"}");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"success\":true}");
  }

  private List<String> deadLetters() throws IOException {
    Path folder = home.resolve("data");
    List<String> letters = new ArrayList<>();
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.sorted().toList()) {
          String name = file.getFileName().toString();
          if (!name.matches("tmp|outbox\\.db(|\\.lock|-wal|-shm)|history\\.db(|-wal|-shm)")) {
            assertThat(name).matches("dead-letters-\\d{4}-\\d\\d-\\d\\d\\.jsonl");
            letters.addAll(Files.readAllLines(file));
          }
        }
      }
    }
    return letters;
  }

  @Test
  void theFirstRunNeedsNothing() throws Exception {
    start();

    track("m-1");

    await()
        .atMost(AT_MOST)
        .untilAsserted(
            () ->
                assertThat(JSON.readTree(get("/bin")).at("/requests/0/body/messageId").asText())
                    .isEqualTo("m-1"));
    assertThat(JSON.readTree(get("/bin")).at("/requests/0/signature").asText()).isEqualTo("valid");
    terminate();
    assertThat(log())
        .containsSubsequence(
            "INFO  i.d.Dromedary - Dromedary is ready",
            "INFO  i.d.Dromedary -   inbound       tracking API on http://127.0.0.1:"
                + port
                + "/v1, without write key",
            "INFO  i.d.Dromedary -   webhooks      http://127.0.0.1:" + port,
            "INFO  i.d.Dromedary -   accepted by   1 of 1",
            "INFO  i.d.Dromedary -   signed        x-signature, secret e2186dbd",
            "INFO  i.d.Dromedary -   retried for   4h, an attempt ends after 5s",
            "INFO  i.d.Dromedary -   queue         outbox:default in jdbc:sqlite:data/outbox.db",
            "INFO  i.d.Dromedary -   dead letters  in the outbox for 720h",
            "INFO  i.d.d.Destination - Destination default: 1 events delivered, 0 dead letters; what"
                + " is not done is in the outbox");
    // There is no warning of the JVM, of Camel or of a library.
    assertThat(out()).doesNotContain("WARN").doesNotContain("ERROR");
    assertThat(err()).isEmpty();
    assertThat(deadLetters()).isEmpty();
  }

  /** Operators write such names, which work in a browser or in Compose. */
  @Test
  void webhooksMayHaveUnusualNames() throws Exception {
    String secret = "gr\u00fc\u00dfe, \ud83d\udc2a";
    Path hosts =
        Files.writeString(
            output.resolve("hosts"),
            "127.0.0.1 localhost my_receiver receiver. xn--bcher-kva.example\n");
    String port = ":" + receiver.port();
    Files.writeString(
        home.resolve("application.properties"),
        "webhooks.allow-private = 127.0.0.0/8\n"
            + "webhooks.acks = all\n"
            + "webhooks.signing.secret = gr\u00fc\u00dfe\\\\, \ud83d\udc2a\n"
            + "webhooks.urls = HTTP://my_receiver"
            + (port + "/a, http://receiver.")
            + (port + "/caf\u00e9, http://b\u00fccher.example")
            + (port + "/?x=1\\\\,2\n"));
    options.add("-Djdk.net.hosts.file=" + hosts);
    start();

    track("m-1");
    receiver.awaitCount(3, AT_MOST);

    assertThat(receiver.requests())
        .extracting(request -> request.headers("Host").get(0) + request.path())
        .containsExactlyInAnyOrder(
            "my_receiver" + port + "/a",
            "receiver." + port + "/caf%C3%A9",
            "xn--bcher-kva.example" + port + "/?x=1,2");
    assertThat(receiver.requests())
        .allSatisfy(
            request ->
                assertThat(request.headers("X-Signature"))
                    .containsExactly(Signatures.expected(secret, request.body())));
    assertThat(log())
        .contains("INFO  i.d.Dromedary -   signed        x-signature, secret 9543da62")
        .contains(
            "WARN  i.d.Dromedary - Destination default: events are sent without encryption to"
                + " http://my_receiver"
                + (port + ", http://receiver.")
                + (port + ", http://xn--bcher-kva.example")
                + (port + "; anybody on the network path can read them, so use https"));
  }

  static Stream<Arguments> wrong() {
    return Stream.of(
        arguments(
            "a folder that does not exist",
            Map.of("WEBHOOKS_INBOUND", "file:inbox?delete=true"),
            List.of(),
            "",
            """
            Dromedary cannot start: 1 setting is wrong.
              webhooks.inbound: found "file:inbox", expected a folder that exists (or the option autoCreate=true).
            """),
        arguments(
            "a component that is not there",
            Map.of("WEBHOOKS_INBOUND", "sftp://host/in?password=hush"),
            List.of(),
            "",
            """
            Dromedary cannot start: 1 setting is wrong.
              webhooks.inbound: found "sftp://host", expected a Camel endpoint URI whose component is on the class path (that of "sftp:", if there is one, is in org.apache.camel:camel-ftp).
            """),
        arguments(
            "wrong values from everywhere",
            Map.of("WEBHOOKS_TIMEOUT", "five", "CAMEL_SERVER_HOST", "0.0.0.0"),
            List.of("-Dwebhooks.acks=9"),
            "webhooks.url=http://hook.example\n",
            """
            Dromedary cannot start: 5 settings are wrong.
              webhooks.write-key.secret: found nothing, expected at least one write key, since the server listens beyond loopback (camel.server.host is "0.0.0.0").
              webhooks.urls: found nothing, expected one to five webhook URLs, since the built-in request bin is served on loopback only.
              webhooks.acks: found "9", expected 1 to 1 (as many as there are webhooks) or all.
              webhooks.timeout: found "five", expected a duration from 10ms to 10m, such as 5s.
              webhooks.url: no such key; did you mean webhooks.urls?
            """),
        arguments(
            "a port that is no number",
            Map.of("CAMEL_SERVER_PORT", "http"),
            List.of(),
            "",
            """
            Dromedary cannot start: camel.server.host and camel.server.port: found 127.0.0.1 and http, expected an address of this machine and a port that is free (For input string: "http").
            """));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("wrong")
  void whatIsWrongIsSaidAndTheProcessEnds(
      String what,
      Map<String, String> environment,
      List<String> options,
      String properties,
      String message)
      throws Exception {
    this.environment.putAll(environment);
    this.options.addAll(options);
    if (!properties.isEmpty()) {
      Files.writeString(home.resolve("application.properties"), properties);
    }

    launch();

    assertRefusal(message);
  }

  private void assertRefusal(String message) throws InterruptedException {
    assertThat(exitCode()).isEqualTo(1);
    assertThat(err()).isEqualTo(message);
    assertThat(out()).isEmpty();
  }

  @Test
  void aPortThatIsTakenIsSaidAndTheProcessEnds() throws Exception {
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      launch();

      assertRefusal(
          "Dromedary cannot start: camel.server.host and camel.server.port: found 127.0.0.1 and "
              + taken.getLocalPort()
              + ", expected an address of this machine and a port that is free (Address already in"
              + " use).\n");
    }
  }

  @Test
  void aRouteThatCannotBeMadeIsSaidAndTheProcessEnds() throws Exception {
    route(
        "own",
        """
        - route:
            id: own
            from:
              uri: nosuch:component
              steps:
                - to:
                    uri: log:own
        """);

    launch();

    assertRefusal(
        "Dromedary cannot start: Failed to create route: own (source:"
            + " file:routes/own.camel.yaml): Route(own)[From[nosuch:component] -> [to[log:own]]]"
            + " because: No endpoint could be found for: nosuch://component, please check your"
            + " classpath contains the needed Camel component jar (that of \"nosuch:\", if there is"
            + " one, is in org.apache.camel:camel-nosuch).\n");
  }

  @Test
  void thePropertiesOfTheFolderWin() throws Exception {
    environment.clear();
    Files.writeString(
        home.resolve("application.properties"),
        """
        camel.server.port = %d
        webhooks.urls = %s
        webhooks.allow-private = 127.0.0.0/8
        webhooks.signing.secret = of the folder
        """
            .formatted(port, receiver.url("/hook")));
    start();

    track("m-1");

    receiver.awaitCount(1, AT_MOST);
    assertThat(receiver.requests())
        .allMatch(request -> Signatures.verifies("of the folder", request));
    terminate();
    assertThat(out()).doesNotContain("of the folder");
  }

  private void route(String name, String yaml) throws IOException {
    Files.createDirectories(home.resolve("routes"));
    Files.writeString(home.resolve("routes").resolve(name + ".camel.yaml"), yaml);
  }

  /** A route that responds with a text at a path. */
  private static String answering(String path, String text) {
    return """
        - route:
            id: answer-%1$s
            description: Answers on a path.
            from:
              uri: platform-http:/%1$s
              steps:
                - setBody:
                    expression:
                      constant:
                        expression: %2$s
        """
        .formatted(path, text);
  }

  @Test
  void theRoutesOfTheFolderReplaceAndAdd() throws Exception {
    String packaged = Files.readString(Path.of("routes", "default.camel.yaml"), UTF_8);
    route("default", packaged + "\n" + answering("replaced", "from the replaced file"));
    route("own", answering("own", "from a file of my own"));
    environment.put("WEBHOOKS_URLS", receiver.url("/hook"));
    start();

    track("m-1");

    receiver.awaitCount(1, AT_MOST);
    assertThat(get("/replaced")).isEqualTo("from the replaced file");
    assertThat(get("/own")).isEqualTo("from a file of my own");
    terminate();
    assertThat(err()).isEmpty();
  }

  @Test
  void whatAStopLeavesInTheOutboxIsDeliveredByTheNextStart() throws Exception {
    receiver.answer(Answer.status(200).after(Duration.ofSeconds(1)));
    environment.put("WEBHOOKS_URLS", receiver.url("/hook"));
    environment.put("WEBHOOKS_IN_FLIGHT", "5");
    start();
    List<String> ids = IntStream.range(0, 20).mapToObj(i -> "m-" + i).toList();
    for (String id : ids) {
      track(id);
    }
    receiver.awaitCount(1, AT_MOST);
    terminate();
    assertThat(receiver.messageIds()).hasSizeLessThan(20);
    assertThat(err()).isEmpty();

    start();
    await().atMost(AT_MOST).until(() -> receiver.messageIds().size() == 20);
    terminate();
    assertThat(receiver.messageIds()).containsOnlyKeys(ids);
    assertThat(receiver.messageIds().values()).containsOnly(1);
    assertThat(deadLetters()).isEmpty();
  }

  /** Runs a command beside the process, and returns its output. */
  private String command(int exitCode, String... args) throws IOException, InterruptedException {
    List<String> command = FastStart.javaOfJar();
    command.addAll(List.of("-jar", FastStart.JAR.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectOutput(output.resolve("command-out").toFile())
            .redirectError(output.resolve("command-err").toFile());
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
    builder.environment().putAll(environment);
    Process commanded = builder.start();
    assertThat(commanded.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();
    String said = text(output.resolve("command-out")) + "-- " + text(output.resolve("command-err"));
    assertThat(commanded.exitValue()).as(said).isEqualTo(exitCode);
    return said;
  }

  @Test
  void deadLettersAreManagedByCommands() throws Exception {
    receiver.answer(Answer.status(400));
    environment.put("WEBHOOKS_URLS", receiver.url("/hook"));
    assertThat(command(1, "replay", "--all"))
        .isEqualTo(
            "-- Found no process at http://127.0.0.1:"
                + port
                + ", expected Dromedary to run there: start it in this folder with java -jar"
                + " dromedary.jar\n");
    start();
    track("m-1");
    await()
        .atMost(AT_MOST)
        .until(() -> get("/dromedary/dead-letters/count").startsWith("{\"count\":1,"));
    receiver.answer(Answer.status(200));

    assertThat(command(0, "dead-letters"))
        .matches("(?s)\\{\"id\":1,.*}\n-- 1 dead letters \\{\"rejected\":1}, 1 listed\n");
    assertThat(command(0, "replay", "--message-id=m-1"))
        .isEqualTo("{\"replayed\":1,\"refused\":0,\"replay\":1}\n-- 1 dead letters replayed\n");

    receiver.awaitCount(2, AT_MOST);
    assertThat(receiver.messageIds()).isEqualTo(Map.of("m-1", 2));
    assertThat(command(2, "replay")).startsWith("-- expected either a filter (");
    terminate();
    assertThat(err()).isEmpty();
  }

  /** The last spans are sent before the process ends. */
  @Test
  void tracesAreSentToACollector() throws Exception {
    try (Receiver collector = Receiver.start()) {
      environment.put("WEBHOOKS_URLS", receiver.url());
      environment.put("WEBHOOKS_TRACING", "true");
      environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url());
      start();
      track("m-1");
      await().atMost(AT_MOST).until(() -> receiver.count() == 1);

      terminate();

      assertThat(collector.requests())
          .isNotEmpty()
          .allSatisfy(request -> assertThat(request.path()).isEqualTo("/v1/traces"));
      assertThat(collector.requests().stream().map(Request::text).collect(Collectors.joining()))
          .contains("service.name", "dromedary", "send default", "process default", "POST", "m-1");
    }
  }

  @Test
  void aTraceSettingThatIsWrongIsSaidAndTheProcessEnds() throws Exception {
    environment.put("WEBHOOKS_TRACING", "true");
    environment.put("OTEL_TRACES_EXPORTER", "nowhere");
    launch();

    assertThat(exitCode()).isEqualTo(1);
    assertThat(err()).contains("OpenTelemetry cannot be set up (webhooks.tracing): ", "nowhere");
  }

  @Test
  void whatIsNoCommandIsRefused() throws Exception {
    assertThat(command(2, "repaly"))
        .startsWith(
            "-- found \"repaly\", expected one of the commands of dromedary. Is it replay?\n");
    assertThat(command(0, "--version")).matches("dromedary \\d\\S+\nCamel 4\\.\\S+, Java .+\n-- ");
    assertThat(command(0, "--help")).startsWith("Usage: dromedary ").endsWith("\n-- ");
  }

  @Test
  void theCommandLineIsNotLoadedWithoutArguments() throws Exception {
    environment.put("JDK_JAVA_OPTIONS", "-verbose:class");
    environment.put("WEBHOOKS_ACKS", "9");

    assertThat(command(1))
        .contains("io.dromedary.settings.Settings ", "1 setting is wrong.")
        .doesNotContain("picocli.", "io.dromedary.command.");
  }

  @Test
  void theJarHasItsLicenceAndNothingOfTheInstantWhenItWasBuilt() throws Exception {
    try (JarFile jar = new JarFile(FastStart.JAR.toFile())) {
      assertThat(jar.stream().map(JarEntry::getName))
          .contains("META-INF/LICENSE", "META-INF/NOTICE");
      assertThat(jar.stream().map(JarEntry::getTimeLocal).distinct()).hasSize(1);
    }
  }

  private List<Path> temporary() throws IOException {
    try (Stream<Path> folders = Files.list(home.resolve("data").resolve("tmp"))) {
      return folders.toList();
    }
  }

  @Test
  void whatAKilledProcessLeavesIsDeletedAndTheSystemsTemporaryFolderIsNotNeeded() throws Exception {
    Path system = home.resolve("no-such-folder");
    options.add("-Djava.io.tmpdir=" + system);
    start();
    track("m-1");
    List<Path> left = temporary();
    process.destroyForcibly();
    assertThat(exitCode()).isEqualTo(137);
    assertThat(left).singleElement().asString().endsWith("/" + process.pid());
    assertThat(left.get(0)).isNotEmptyDirectory();

    start();
    track("m-2");

    assertThat(temporary()).singleElement().asString().endsWith("/" + process.pid());
    assertThat(left.get(0)).doesNotExist();
    assertThat(system).doesNotExist();
    terminate();
  }

  @Test
  void onlyTheOwnerMayReadWhatIsKept() throws Exception {
    environment.put("WEBHOOKS_DEAD_LETTER", "file:data?fileName=dead-letters.jsonl");
    start();
    assertThat(post("/v1/track", "{}").statusCode()).isEqualTo(400);
    Path letters = home.resolve("data").resolve("dead-letters.jsonl");
    await().atMost(AT_MOST).until(() -> Files.exists(letters));

    try (Stream<Path> files = Files.list(home.resolve("data"))) {
      for (Path file : files.toList()) {
        assertThat(permissions(file))
            .as(file.toString())
            .isEqualTo(Files.isDirectory(file) ? "rwx------" : "rw-------");
      }
    }
    assertThat(permissions(home.resolve("data"))).isEqualTo("rwx------");
  }

  private static String permissions(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
