package io.dromedary;

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
 * Dromedary as it is shipped, started in this JVM with the packaged route files, in a folder and on
 * a free port of its own.
 */
public final class Application implements AutoCloseable {

  private final Main main;
  private final int port;

  private Application(Main main, int port) {
    this.main = main;
    this.port = port;
  }

  /**
   * Starts with these settings; a relative path in them is relative to the working directory, so
   * the outbox and what is told of dead letters go into the folder.
   *
   * @param beans are bound into the registry before, by name
   */
  public static Application start(
      Path folder, Map<String, String> settings, Map<String, Object> beans) {
    int port = freePort();
    Main main = Dromedary.main(folder, Map.of());
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
   * A port that nobody has, on any address. It is none of those that systems give to connections
   * that go out: another test could have it by the time somebody listens on it.
   */
  public static int freePort() {
    while (true) {
      int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
      try (ServerSocket socket = new ServerSocket()) {
        socket.setReuseAddress(false);
        socket.bind(new InetSocketAddress(port));
        return port;
      } catch (BindException e) {
        // Somebody has it: another one, then.
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  public int port() {
    return port;
  }

  /** A URL of the application's server. */
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
