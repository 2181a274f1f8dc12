package io.dromedary;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Http;
import io.dromedary.testing.Markdown;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The archive, unpacked and run from an empty folder. */
@Timeout(180)
class ArchiveIT {

  private static final Duration AT_MOST = Duration.ofMinutes(1);
  private static final Path JDK = Path.of(System.getProperty("java.home"));

  @TempDir private static Path unpacked;

  private static Path archive;

  /** The working directory; its output goes to another folder. */
  @TempDir private Path folder;

  @TempDir private Path output;

  private final int port = Application.freePort();
  private final Receiver receiver = Receiver.start();
  private final Map<String, String> environment = new HashMap<>();
  private Process process;

  @BeforeAll
  static void unpack() throws Exception {
    Process tar =
        new ProcessBuilder("tar", "xzf", packed(".tar.gz").toAbsolutePath().toString())
            .directory(unpacked.toFile())
            .inheritIO()
            .start();
    assertThat(tar.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();
    assertThat(tar.exitValue()).isZero();
    try (Stream<Path> files = Files.list(unpacked)) {
      archive = files.findFirst().orElseThrow();
    }
  }

  @AfterEach
  void end() throws InterruptedException {
    receiver.close();
    if (process != null) {
      process.destroyForcibly();
      assertThat(process.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();
    }
  }

  private static Path packed(String ending) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("target"))) {
      return files.filter(file -> file.toString().endsWith(ending)).findFirst().orElseThrow();
    }
  }

  private void launch(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(archive.resolve("bin/dromedary").toString());
    command.addAll(List.of(arguments));
    launch(command);
  }

  private void launch(List<String> command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(output.resolve("out").toFile())
            .redirectError(output.resolve("err").toFile());
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
    builder.environment().put("JAVA_HOME", JDK.toString());
    builder.environment().put("CAMEL_SERVER_PORT", Integer.toString(port));
    builder.environment().putAll(environment);
    process = builder.start();
  }

  private int exitCode() throws InterruptedException {
    assertThat(process.waitFor(AT_MOST.toSeconds(), SECONDS)).as(said()).isTrue();
    return process.exitValue();
  }

  private void start() throws IOException {
    launch();
    await()
        .atMost(AT_MOST)
        .failFast(() -> assertThat(process.isAlive()).as(said()).isTrue())
        .until(() -> said().contains("Dromedary is ready"));
  }

  private void startAndStop() throws Exception {
    start();
    int before = receiver.count();
    assertThat(
            Http.post(
                "http://127.0.0.1:" + port + "/v1/track", "{\"userId\":\"u\",\"event\":\"e\"}"))
        .hasToString("200 {\"success\":true}");
    await().atMost(AT_MOST).until(() -> receiver.count() == before + 1);
    // The script is replaced by the JVM, so an operator stops the application with this process.
    process.destroy();
    assertThat(exitCode()).isIn(0, 143);
  }

  private String said() {
    return text("out") + text("err");
  }

  private String text(String stream) {
    try {
      Path file = output.resolve(stream);
      return Files.exists(file) ? Files.readString(file) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> classArchives() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("data"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("classes-") && !name.endsWith(".complete"))
          .toList();
    }
  }

  /** The second start loads its classes from the archive that the first one has written. */
  @Test
  void itDeliversFromAnEmptyFolderEachTimeItIsStarted() throws Exception {
    environment.put("WEBHOOKS_URLS", receiver.url());

    startAndStop();

    assertThat(text("err")).isEmpty();
    assertThat(text("out")).doesNotContain("WARN");
    List<String> kept = classArchives();
    assertThat(kept)
        .singleElement()
        .asString()
        .startsWith("classes-" + Runtime.version().feature())
        .endsWith(".jsa");

    environment.put("JAVA_OPTS", "-Xlog:class+load:file=" + output.resolve("loaded"));
    startAndStop();

    assertThat(text("err")).isEmpty();
    assertThat(classArchives()).isEqualTo(kept);
    assertThat(text("loaded")).containsPattern("io\\.dromedary\\.Dromedary source: shared objects");
  }

  /** The JDK logs all its options when it makes an archive of linked classes. */
  @Test
  void anOptionThatMayBeASecretIsNotLogged() throws Exception {
    environment.put("WEBHOOKS_URLS", receiver.url());
    environment.put("JAVA_OPTS", "-Dexample.secret=of-an-option");

    startAndStop();

    assertThat(said()).doesNotContain("of-an-option");
    assertThat(classArchives()).singleElement().asString().endsWith(".jsa");
  }

  @Test
  void aStartThatFailedLeavesNoArchiveOfClassesThatIsUsed() throws Exception {
    environment.put("WEBHOOKS_URLS", "no address");
    launch();
    assertThat(exitCode()).isEqualTo(1);

    environment.put("WEBHOOKS_URLS", receiver.url());
    startAndStop();
    environment.put("JAVA_OPTS", "-Xlog:class+load:file=" + output.resolve("loaded"));
    startAndStop();

    assertThat(text("loaded"))
        .containsPattern("io\\.dromedary\\.server\\.LateHttpServer source: shared objects");
  }

  @Test
  void anotherReleaseReplacesTheArchiveOfClasses() throws Exception {
    environment.put("WEBHOOKS_URLS", receiver.url());
    Path data = Files.createDirectory(folder.resolve("data"));
    Path older = Files.writeString(data.resolve("classes-17.0.1-1234.jsa"), "of another release");

    startAndStop();

    assertThat(older).doesNotExist();
    assertThat(classArchives()).hasSize(1);
  }

  @Test
  void itsSettingsAreInConfUnlessTheFolderHasSome() throws Exception {
    Path conf = archive.resolve("conf/application.properties");
    String shipped = Files.readString(conf);
    try {
      Files.writeString(conf, shipped + "webhooks.acks = of the archive\n");
      launch();
      assertThat(exitCode()).isEqualTo(1);
      assertThat(text("err")).contains("webhooks.acks: found \"of the archive\"");

      Files.writeString(
          folder.resolve("application.properties"), "webhooks.acks = of the folder\n");
      launch();
      assertThat(exitCode()).isEqualTo(1);
      assertThat(text("err")).contains("webhooks.acks: found \"of the folder\"");
    } finally {
      Files.writeString(conf, shipped);
    }
  }

  @Test
  void aRouteFileOfTheArchiveIsRunAsItIsChanged() throws Exception {
    Path route = archive.resolve("routes/request-bin.camel.yaml");
    String shipped = Files.readString(route);
    try {
      Files.writeString(route, "- no-such-thing: {}\n");
      launch();
      assertThat(exitCode()).isEqualTo(1);
      assertThat(text("err")).contains("no-such-thing");
    } finally {
      Files.writeString(route, shipped);
    }
  }

  /** The probe of containers, which starts no JVM. */
  @Test
  void itsHealthIsToldByItsExitCode() throws Exception {
    String health = archive.resolve("bin/dromedary-health").toString();
    environment.put("WEBHOOKS_URLS", receiver.url());
    start();
    Process server = process;
    try {
      launch(List.of(health, Integer.toString(port)));
      assertThat(exitCode()).as(said()).isZero();
    } finally {
      server.destroyForcibly();
      assertThat(server.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();
    }

    launch(List.of(health, Integer.toString(port)));
    assertThat(exitCode()).isEqualTo(1);

    receiver.answer(Answer.status(503));
    launch(List.of(health, Integer.toString(receiver.port())));
    assertThat(exitCode()).isEqualTo(1);
    assertThat(said()).isEmpty();
  }

  /** Otherwise a command in the server's container would be the end of the server. */
  @Test
  void theKernelKillsACommandAndNotTheServerIfMemoryIsShort() throws Exception {
    assumeThat(Path.of("/proc/self/oom_score_adj")).isWritable();
    int own = killedFirst(ProcessHandle.current().pid());
    environment.put("WEBHOOKS_URLS", receiver.url());
    start();
    Process server = process;
    try {
      assertThat(killedFirst(server.pid())).isEqualTo(own);
      launch("status", "--watch");
      await().atMost(AT_MOST).until(() -> said().contains("pending"));
      assertThat(killedFirst(process.pid())).isEqualTo(1_000);
    } finally {
      server.destroyForcibly();
      assertThat(server.waitFor(AT_MOST.toSeconds(), SECONDS)).isTrue();
    }
  }

  private static int killedFirst(long pid) throws IOException {
    return Integer.parseInt(Files.readString(Path.of("/proc/" + pid + "/oom_score_adj")).strip());
  }

  @Test
  void itTellsItsVersion() throws Exception {
    launch("--version");

    assertThat(exitCode()).as(said()).isZero();
    assertThat(text("out"))
        .startsWith(
            "dromedary " + archive.getFileName().toString().replace("dromedary-", "") + "\n");
    // A command leaves nothing behind.
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void aJdkThatIsNoneIsSaid() throws Exception {
    environment.put("JAVA_HOME", folder.toString());

    launch("--version");

    assertThat(exitCode()).isEqualTo(1);
    assertThat(said())
        .isEqualTo(
            "dromedary: JAVA_HOME: found " + folder + ", expected a JDK of version 17 or later\n");
  }

  /** Without JAVA_HOME. */
  @Test
  void theJdkIsFoundOnThePath() throws Exception {
    environment.put("JAVA_HOME", "");
    environment.put("PATH", JDK.resolve("bin") + ":" + System.getenv("PATH"));

    launch("--version");

    assertThat(exitCode()).as(said()).isZero();
    assertThat(text("out")).contains("Java " + Runtime.version().feature());
  }

  @Test
  void aLoneJarSaysThatItNeedsItsLibraries() throws Exception {
    Path jar = Files.copy(archive.resolve("dromedary.jar"), output.resolve("dromedary.jar"));

    launch(List.of(JDK.resolve("bin/java").toString(), "-jar", jar.toString()));

    assertThat(exitCode()).isEqualTo(1);
    assertThat(text("err"))
        .startsWith("Dromedary cannot start: found 0 of the ")
        .contains(" libraries of " + jar + ", expected " + output.resolve("lib"))
        .endsWith(" and all others beside it, as the archive has them\n")
        .hasLineCount(1);
  }

  @Test
  void bothArchivesHaveTheSame() throws Exception {
    try (Stream<Path> files = Files.walk(unpacked);
        ZipFile zip = new ZipFile(packed(".zip").toFile())) {
      List<String> inTar =
          files
              .filter(Files::isRegularFile)
              .map(file -> unpacked.relativize(file).toString())
              .sorted()
              .toList();
      assertThat(zip.stream().filter(entry -> !entry.isDirectory()).map(Object::toString).sorted())
          .containsExactlyElementsOf(inTar);
      String root = archive.getFileName() + "/";
      assertThat(inTar)
          .contains(
              root + "LICENSE",
              root + "NOTICE",
              root + "bin/dromedary",
              root + "bin/dromedary.cmd",
              root + "bin/dromedary-health",
              root + "conf/application.properties",
              root + "routes/deliver-events.camel.yaml");
    }
    assertThat(archive.resolve("bin/dromedary")).isExecutable();
  }

  @Test
  void itsDocumentsLinkToFilesThatItHas() {
    List<Markdown> documents = Markdown.all(archive);

    assertThat(documents).hasSizeGreaterThan(15);
    assertThat(Markdown.brokenLinks(documents)).isEmpty();
  }

  @Test
  void eachOfItsLibrariesIsDocumented() throws IOException {
    String document = Files.readString(archive.resolve("docs/dependencies.md"));
    try (Stream<Path> libraries = Files.list(archive.resolve("lib"))) {
      List<String> names =
          libraries
              .map(jar -> jar.getFileName().toString().replaceFirst("-\\d+\\..*", ""))
              .toList();

      assertThat(names)
          .hasSizeGreaterThan(100)
          .allSatisfy(name -> assertThat(document).contains("`" + name + "`"));
      assertThat(document).contains(" has " + names.size() + " jars ");
    }
  }
}
