package io.dromedary.app;

import io.dromedary.logging.JavaLogging;
import io.dromedary.server.LateHttpServer;
import io.dromedary.server.ServerCheck;
import java.io.IOException;
import java.io.ObjectInputFilter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.main.Main;

/**
 * Runs Dromedary as a Camel Main application. It reads the first of these settings files that
 * exists: {@code ./application.properties}, {@code conf/application.properties} in the folder of
 * the archive that it runs from, the packaged one. A file in {@code ./routes}, or in the archive's
 * {@code routes}, replaces the packaged route file of the same name, or is added to them.
 */
public final class PackagedApplication {

  /** The packaged route files. */
  public static final List<String> ROUTES =
      List.of(
          "alerts",
          "dead-letters",
          "default",
          "deliver-events",
          "failures",
          "manage",
          "receive-events",
          "request-bin",
          "serve-sdks");

  /**
   * Allows deserialization of the JVM's own classes, which JMX needs, and of no others. With the
   * classes of libraries, a sender of serialized objects could run code.
   */
  public static final ObjectInputFilter ONLY_THE_JVMS =
      ObjectInputFilter.Config.createFilter(
          "java.base/*;java.management/*;java.management.rmi/*;java.rmi/*;!*");

  /** The system property that names the folder of the archive. */
  private static final String HOME = "dromedary.home";

  private PackagedApplication() {}

  /** Runs the application until it is stopped, and returns the exit code. */
  public static int start() {
    LogFormat.choose(Path.of(""), System.getenv());
    JavaLogging.handOn();
    if (Runtime.version().feature() >= 24) {
      // These JVMs warn about the memory access that Netty would use.
      setDefault("io.netty.noUnsafe", "true");
    }
    TemporaryFiles.below(Path.of("data"));
    if (ObjectInputFilter.Config.getSerialFilter() == null) {
      ObjectInputFilter.Config.setSerialFilter(ONLY_THE_JVMS);
    }
    Main main = main(Path.of(""), System.getenv());
    main.addMainListener(new ClassArchive());
    try {
      return main.run(new String[0]);
    } catch (Exception e) {
      System.err.println(StartFailure.describe(e));
      main.stop();
      return 1;
    }
  }

  /** Sets a system property unless the user has set it. Call before its library reads it. */
  static void setDefault(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }

  /** Makes the application that runs in a folder. */
  public static Main main(Path folder, Map<String, String> environment) {
    Main main = main(folder, environment, routes(folder.resolve("routes")));
    main.addMainListener(new ServerCheck());
    main.addMainListener(new Telemetry());
    return main;
  }

  /**
   * Makes the application with the given route files. It does not check its ports and does not set
   * up tracing.
   */
  static Main main(Path folder, Map<String, String> environment, String routes) {
    Main main = new Utf8Main();
    main.setPropertyPlaceholderLocations(settings(folder));
    main.addInitialProperty("dromedary.application", "true");
    main.addInitialProperty("camel.main.name", "dromedary");
    main.addInitialProperty("camel.main.routesIncludePattern", routes);
    main.addInitialProperty("camel.main.autoConfigurationLogSummary", "false");
    main.addInitialProperty("camel.main.shutdownTimeout", "30");
    main.addInitialProperty("camel.server.enabled", "true");
    main.addInitialProperty("camel.server.host", "127.0.0.1");
    main.addInitialProperty("camel.server.port", "8080");
    main.addInitialProperty("camel.server.maxBodySize", "1048576");
    // Otherwise any sender could write files to the system's temporary folder.
    main.addInitialProperty("camel.server.fileUploadEnabled", "false");
    main.addInitialProperty("camel.management.enabled", "true");
    main.addInitialProperty("camel.management.healthCheckEnabled", "true");
    // Only Dromedary's metrics. Camel's would measure each step of each exchange.
    main.addInitialProperty("camel.management.metricsEnabled", "true");
    main.addInitialProperty("camel.metrics.enabled", "true");
    main.addInitialProperty("camel.metrics.enableRoutePolicy", "false");
    main.addInitialProperty("camel.metrics.enableExchangeEventNotifier", "false");
    main.addInitialProperty("camel.metrics.enableRouteEventNotifier", "false");
    main.addInitialProperty("camel.metrics.binders", "jvm-gc,jvm-memory,processor,uptime");
    // Camel ignores variables that end in _PORT, since container platforms set such variables.
    for (String key :
        List.of(
            "camel.server.host",
            "camel.server.port",
            "camel.management.host",
            "camel.management.port")) {
      String value = environment.get(key.replace('.', '_').toUpperCase(Locale.ROOT));
      if (value != null) {
        main.addOverrideProperty(key, value);
      }
    }
    main.bind("dromedary-http-servers", new LateHttpServer.Factory());
    return main;
  }

  /** The location of the settings file for an application in a folder. */
  static String settings(Path folder) {
    return Stream.concat(Stream.of(folder), home().map(home -> home.resolve("conf")))
        .map(each -> each.resolve("application.properties"))
        .filter(Files::isRegularFile)
        .findFirst()
        .map(settings -> "file:" + settings)
        .orElse("classpath:dromedary/application.properties");
  }

  /** The folder of the archive, if Dromedary runs from one. */
  private static Stream<Path> home() {
    return Stream.ofNullable(System.getProperty(HOME)).map(Path::of);
  }

  /** The route files: packaged, then archive's, then the folder's. The last of each name counts. */
  private static String routes(Path folder) {
    Map<String, String> files = new LinkedHashMap<>();
    for (String name : ROUTES) {
      files.put(name + ".camel.yaml", "classpath:dromedary/routes/" + name + ".camel.yaml");
    }
    Stream.concat(home().map(home -> home.resolve("routes")), Stream.of(folder))
        .flatMap(PackagedApplication::routeFiles)
        .forEach(file -> files.put(file.getFileName().toString(), "file:" + file));
    return String.join(",", files.values());
  }

  private static Stream<Path> routeFiles(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Stream.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".camel.yaml"))
          .sorted()
          .toList()
          .stream();
    } catch (IOException e) {
      throw new IllegalStateException("The folder " + folder + " cannot be read: " + e, e);
    }
  }
}
