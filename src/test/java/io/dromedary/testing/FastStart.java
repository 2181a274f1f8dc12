package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.Application;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How tests start a JVM that lives for seconds: with the garbage collector and the compiler that
 * start fastest. The packaged application also has an archive of its classes, as {@code
 * bin/dromedary} makes one: the first process that needs it makes it for all others.
 */
public final class FastStart {

  /** The packaged application. */
  public static final Path JAR = Path.of("target", "dromedary.jar").toAbsolutePath();

  private static final Path CLASSES = Path.of("target", "dromedary.jsa").toAbsolutePath();
  private static final Duration AT_MOST = Duration.ofMinutes(1);

  private FastStart() {}

  /** The command and its options, to which the caller adds what to run. */
  public static List<String> java() {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC"));
  }

  /** The same for {@link #JAR}, by {@code -jar} or as the first entry of the class path. */
  public static List<String> javaOfJar() {
    List<String> command = java();
    command.add("-XX:SharedArchiveFile=" + classes());
    command.add("-Xlog:cds*=off");
    return command;
  }

  private static synchronized Path classes() {
    Path lock = CLASSES.resolveSibling("dromedary.jsa.lock");
    try (FileChannel channel =
            FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = channel.lock()) {
      assertThat(held.isValid()).isTrue();
      if (!Files.exists(CLASSES)
          || Files.getLastModifiedTime(CLASSES).compareTo(Files.getLastModifiedTime(JAR)) < 0) {
        makeClasses();
      }
      return CLASSES;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Keeps the classes of a process that delivers one event to itself. */
  private static void makeClasses() throws IOException {
    Path home = Files.createTempDirectory(CLASSES.getParent(), "first-start");
    Path made = home.resolve("made.jsa");
    Path out = home.resolve("out.txt");
    List<String> command = java();
    command.addAll(
        List.of("-XX:ArchiveClassesAtExit=" + made, "-Xlog:cds*=off", "-jar", JAR.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(home.toFile())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    int port = Application.freePort();
    builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
    builder.environment().put("CAMEL_SERVER_PORT", Integer.toString(port));
    Process process = builder.start();
    try {
      await()
          .atMost(AT_MOST)
          .failFast(() -> assertThat(process.isAlive()).as(Files.readString(out)).isTrue())
          .until(() -> Files.readString(out).contains("Dromedary is ready"));
      String url = "http://127.0.0.1:" + port;
      Http.post(url + "/v1/track", "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"m-1\"}");
      await().atMost(AT_MOST).until(() -> Http.send("GET", url + "/bin").body().contains("m-1"));
      process.destroy();
      assertThat(process.waitFor(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
      Files.move(made, CLASSES, StandardCopyOption.REPLACE_EXISTING);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      process.destroyForcibly();
    }
  }
}
