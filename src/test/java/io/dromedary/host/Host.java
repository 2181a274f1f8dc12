package io.dromedary.host;

import io.dromedary.testing.FastStart;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Somebody's application with Dromedary in it, as the Invoker has built it of a project in src/it.
 */
enum Host {
  SPRING_BOOT("spring-boot", "server.address", "server.port", "/actuator/health") {
    @Override
    List<String> start() {
      return List.of("-jar", built("target/shop-" + CAMEL + ".jar"));
    }
  },

  SPRING_BOOT_NEWEST("spring-boot", "server.address", "server.port", "/actuator/health") {
    @Override
    List<String> start() {
      return List.of("-jar", built("target/shop-" + NEWEST + ".jar"));
    }
  },

  QUARKUS("quarkus", "quarkus.http.host", "quarkus.http.port", "/q/health") {
    @Override
    List<String> start() {
      return List.of("-jar", built("target/quarkus-app/quarkus-run.jar"));
    }
  },

  PLAIN_CAMEL("plain-camel", "camel.server.host", "camel.server.port", "/observe/health") {
    @Override
    List<String> start() {
      return main(CAMEL);
    }
  },

  PLAIN_CAMEL_OLDEST("plain-camel", "camel.server.host", "camel.server.port", "/observe/health") {
    @Override
    List<String> start() {
      List<String> options = new ArrayList<>();
      // There is no server of its own for the health yet.
      options.add("-Dcamel.server.healthCheckEnabled=true");
      options.add("-Dcamel.server.healthPath=" + healthPath);
      options.addAll(main(OLDEST));
      return options;
    }
  };

  /** The versions of Camel that the projects are built with, which pom.xml tells. */
  private static final String CAMEL = System.getProperty("host.camel.version", "4.18.0");

  private static final String OLDEST = System.getProperty("host.camel.oldest", "4.10.0");
  private static final String NEWEST = System.getProperty("host.camel.newest", "4.22.0");

  /** Whether a system property comes before an environment variable there. */
  boolean isPropertyBeforeVariable() {
    return this != PLAIN_CAMEL && this != PLAIN_CAMEL_OLDEST;
  }

  final String addressKey;
  final String healthPath;
  private final String project;
  private final String portKey;

  Host(String project, String addressKey, String portKey, String healthPath) {
    this.project = project;
    this.addressKey = addressKey;
    this.portKey = portKey;
    this.healthPath = healthPath;
  }

  /** The options of Java that start it. */
  abstract List<String> start();

  /** In plain Camel the route files are not included from the class path, but copied. */
  private void prepare(Path folder) throws IOException {
    if (project.equals("plain-camel")) {
      Path routes = Files.createDirectory(folder.resolve("routes"));
      try (Stream<Path> files = Files.list(Path.of("routes"))) {
        for (Path file : files.toList()) {
          Files.copy(file, routes.resolve(file.getFileName()));
        }
      }
    }
  }

  /** The options that start the main class of the project, built with that version of Camel. */
  List<String> main(String camel) {
    return List.of(
        "-cp",
        built("target/classes") + File.pathSeparator + built("target/lib-" + camel) + "/*",
        "com.example.shop.Shop");
  }

  String built(String path) {
    return Path.of("target", "it", project, path).toAbsolutePath().toString();
  }

  /** Starts it in a folder; what it says goes to a file beside it. */
  Process launch(Path folder, int port, Map<String, String> environment, String... options) {
    List<String> command = FastStart.java();
    command.addAll(List.of("-Xmx256m", "-D" + portKey + "=" + port));
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
