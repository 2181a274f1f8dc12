package io.dromedary.server;

import static io.dromedary.testing.Json.json;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.Application;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServerConfiguration;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host's server listens on all addresses, as Camel JBang's does, although the setting that
 * Dromedary reads says loopback. Then nobody needs a key, so only this machine may send.
 */
@Timeout(60)
class RealAddressTest {

  private static final String EVENT = json("{'userId':'u','event':'e'}");

  @Test
  void withoutKeysNobodyElseGetsIn(@TempDir Path folder) throws Exception {
    InetAddress outside = outside();
    int port = Application.freePort();
    Main main = new Main();
    main.configure().withRoutesIncludePattern("classpath:dromedary/routes/*.camel.yaml");
    main.addOverrideProperty("camel.server.host", "127.0.0.1");
    main.addOverrideProperty("camel.server.port", Integer.toString(port));
    main.addOverrideProperty("webhooks.outbox.url", "jdbc:sqlite:" + folder.resolve("outbox.db"));
    main.addOverrideProperty("webhooks.signing.secret", "sharedsecretvalue");
    main.addOverrideProperty("webhooks.allow-private", "127.0.0.1");
    VertxPlatformHttpServerConfiguration open = new VertxPlatformHttpServerConfiguration();
    open.setBindHost("0.0.0.0");
    open.setBindPort(port);
    try (Receiver receiver = Receiver.start()) {
      main.addOverrideProperty("webhooks.urls", receiver.url("/hook"));
      main.init();
      main.getCamelContext().addService(new VertxPlatformHttpServer(open));
      main.start();

      Map<String, String> requests =
          Map.of(
              "POST /v1/track", "200",
              "GET /dromedary/dead-letters", "200",
              "GET /bin", "200");
      requests.forEach(
          (request, status) -> {
            assertThat(answer(InetAddress.getLoopbackAddress(), port, request))
                .as(request)
                .startsWith("HTTP/1.1 " + status);
            assertThat(answer(outside, port, request))
                .as(request)
                .startsWith("HTTP/1.1 403 ")
                .endsWith(
                    json(
                        "{'success':false,'code':'forbidden_address','message':'expected a"
                            + " connection to a loopback address, since no key is required,"
                            + " found another'}"));
          });
    } finally {
      main.stop();
    }
  }

  /** The request claims loopback, as a stranger's may. */
  private static String answer(InetAddress address, int port, String request) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(address, port), 20_000);
      socket.setSoTimeout(20_000);
      String body = request.startsWith("POST") ? EVENT : "";
      String text =
          "%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
              .formatted(request, port, body.length(), body);
      socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** An address of this machine that other machines can reach. */
  private static InetAddress outside() throws IOException {
    Optional<InetAddress> found =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
            .findFirst();
    Assumptions.assumeTrue(found.isPresent(), "this machine has only a loopback address");
    return found.orElseThrow();
  }
}
