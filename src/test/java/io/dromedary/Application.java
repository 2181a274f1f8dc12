package io.dromedary;

import io.dromedary.app.PackagedApplication;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.camel.CamelContext;
import org.apache.camel.main.Main;

/**
 * Runs Dromedary in this JVM as it is shipped, with the packaged route files, in a folder and on a
 * free port of its own.
 */
public final class Application implements AutoCloseable {

  private final Main main;
  private final int port;

  private Application(Main main, int port) {
    this.main = main;
    this.port = port;
  }

  /**
   * Starts the application. Paths in settings are relative to the working directory, so the outbox
   * and the file for dead letters are set to be in the folder.
   *
   * @param beans beans to bind in the registry before the start, by name
   */
  public static Application start(
      Path folder, Map<String, String> settings, Map<String, Object> beans) {
    int port = freePort();
    Main main = PackagedApplication.main(folder, Map.of());
    main.addOverrideProperty("camel.server.port", Integer.toString(port));
    main.addOverrideProperty(
        "webhooks.dead-letter",
        "file:" + folder + "?fileName=dead-letters.jsonl&fileExist=Append&appendChars=%0A");
    main.addOverrideProperty("webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve("outbox.db"));
    settings.forEach(main::addOverrideProperty);
    beans.forEach(main::bind);
    main.start();
    return new Application(main, port);
  }

  public static Application start(Path folder, Map<String, String> settings) {
    return start(folder, settings, Map.of());
  }

  /**
   * Returns a port that is free on all addresses. It is outside the range of ephemeral ports, since
   * an outgoing connection of another test could take such a port before the server listens on it.
   */
  public static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
      try (ServerSocket socket = new ServerSocket()) {
        socket.setReuseAddress(false);
        socket.bind(new InetSocketAddress(port));
        return port;
      } catch (BindException e) {
        // The port is in use. Tries another one.
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  public int port() {
    return port;
  }

  /** The URL of a path on the application's server. */
  public String url(String path) {
    return "http://127.0.0.1:" + port + path;
  }

  public CamelContext context() {
    return main.getCamelContext();
  }

  @Override
  public void close() {
    main.stop();
  }
}
