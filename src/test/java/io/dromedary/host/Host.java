package io.dromedary.host;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Somebody's application with Dromedary in it, as the Invoker has built it of a project in src/it.
 */
enum Host {
  SPRING_BOOT("server.address", "server.port", "/actuator/health") {
    @Override
    List<String> start() {
      return List.of("-jar", built("target/shop.jar"));
    }
  },

  QUARKUS("quarkus.http.host", "quarkus.http.port", "/q/health") {
    @Override
    List<String> start() {
      return List.of("-jar", built("target/quarkus-app/quarkus-run.jar"));
    }
  },

  PLAIN_CAMEL("camel.server.host", "camel.server.port", "/observe/health") {
    @Override
    List<String> start() {
      return List.of(
          "-cp",
          built("target/classes") + File.pathSeparator + built("target/lib") + "/*",
          "com.example.shop.Shop");
    }

    /** Here the route files are not included from the class path, but copied. */
    @Override
    void prepare(Path folder) throws IOException {
      Path routes = Files.createDirectory(folder.resolve("routes"));
      try (Stream<Path> files = Files.list(Path.of("routes"))) {
        for (Path file : files.toList()) {
          Files.copy(file, routes.resolve(file.getFileName()));
        }
      }
    }
  };

  /** Whether a system property comes before an environment variable there. */
  boolean isPropertyBeforeVariable() {
    return this != PLAIN_CAMEL;
  }

  final String addressKey;
  final String healthPath;
  private final String portKey;

  Host(String addressKey, String portKey, String healthPath) {
    this.addressKey = addressKey;
    this.portKey = portKey;
    this.healthPath = healthPath;
  }

  /** The options of Java that start it. */
  abstract List<String> start();

  void prepare(Path folder) throws IOException {}

  String built(String path) {
    String project = name().toLowerCase(Locale.ROOT).replace('_', '-');
    return Path.of("target", "it", project, path).toAbsolutePath().toString();
  }

  /** Starts it in a folder; what it says goes to a file beside it. */
  Process launch(Path folder, int port, Map<String, String> environment, String... options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // It lives for seconds.
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx256m",
            "-D" + portKey + "=" + port));
    command.addAll(List.of(options));
    command.addAll(start());
    try {
      prepare(folder);
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log(folder).toFile());
      // Nothing of whoever runs the tests.
      builder.environment().keySet().removeIf(key -> key.matches("(WEBHOOKS|CAMEL|JAVA|JDK)_.*"));
      builder.environment().putAll(environment);
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path log(Path folder) {
    return folder.resolve("log");
  }
}
