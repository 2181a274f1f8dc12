package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.concurrent.CompletableFuture.supplyAsync;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.settings.TlsOptions;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.apache.camel.support.jsse.KeyStoreParameters;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.jsse.TrustManagersParameters;
import org.apache.hc.client5.http.SystemDefaultDnsResolver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests how requests name receivers with unusual host names. */
@Timeout(60)
class HostNameTest {

  private static final Certificates CERTIFICATES = new Certificates();

  @TempDir Path folder;

  private final HttpAttempts attempts = new HttpAttempts();

  @BeforeEach
  void everyNameIsThisMachine() {
    attempts.lookup =
        new SystemDefaultDnsResolver() {
          @Override
          public InetAddress[] resolve(String host) throws UnknownHostException {
            return new InetAddress[] {InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1})};
          }
        };
  }

  @AfterEach
  void stop() {
    attempts.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "my_receiver",
        "shop_web.1.internal",
        "receiver",
        "a.example.",
        "xn--bcher-kva.example"
      })
  void isCalledByItsNameOnEachConnection(String host) throws Exception {
    try (Receiver receiver = Receiver.start()) {
      String url = "http://" + host + ":" + receiver.port() + "/hook?key=v%2Cw";

      assertThat(attempts.attempt(url).kind()).isEqualTo(ACCEPTED);
      assertThat(attempts.attempt(url).kind()).isEqualTo(ACCEPTED);

      assertThat(receiver.requests())
          .hasSize(2)
          .extracting(Request::path, request -> request.headers("Host"))
          .containsOnly(tuple("/hook?key=v%2Cw", List.of(host + ":" + receiver.port())));
      assertThat(receiver.connections()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"my_receiver", "receiver"})
  void aProxyIsToldItsName(String host) throws Exception {
    try (Receiver proxy = Receiver.start()) {
      attempts.options.putAll(
          Map.of("proxyHost", "127.0.0.1", "proxyPort", String.valueOf(proxy.port())));

      assertThat(attempts.attempt("http://" + host + "/hook").kind()).isEqualTo(ACCEPTED);

      assertThat(proxy.requests())
          .extracting(Request::path)
          .containsExactly("http://" + host + "/hook");
    }
  }

  /** A proxy in a container network may have a certificate for each of their names. */
  @ParameterizedTest
  @CsvSource({
    "receiver, receiver",
    "my_receiver, ",
    "my_receiver.internal, ",
    "a.example, a.example",
    "xn--bcher-kva.example, xn--bcher-kva.example",
    "a.example., a.example",
    "127.0.0.1, "
  })
  void aHandshakeTellsWhichHostIsMeant(String host, String told) throws Exception {
    try (SSLServerSocket server =
        (SSLServerSocket)
            CERTIFICATES
                .serverContext(host.replaceFirst("\\.$", ""))
                .getServerSocketFactory()
                .createServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<List<String>> names = supplyAsync(() -> answer(server));
      attempts.tls = new TlsOptions(trustStore(), List.of(), List.of());

      Outcome outcome = attempts.attempt("https://" + host + ":" + server.getLocalPort() + "/hook");

      assertThat(outcome.kind()).as(outcome.reason()).isEqualTo(ACCEPTED);
      assertThat(names.get(10, TimeUnit.SECONDS))
          .isEqualTo(told == null ? List.of() : List.of(told));
    }
  }

  private SSLContextParameters trustStore() throws Exception {
    KeyStoreParameters store = new KeyStoreParameters();
    store.setResource("file:" + CERTIFICATES.trustStore(folder));
    store.setType("PKCS12");
    store.setPassword(Certificates.PASSWORD);
    TrustManagersParameters trusted = new TrustManagersParameters();
    trusted.setKeyStore(store);
    SSLContextParameters parameters = new SSLContextParameters();
    parameters.setTrustManagers(trusted);
    return parameters;
  }

  /** Answers one request and returns the names that the handshake has asked for. */
  private static List<String> answer(SSLServerSocket server) {
    try (SSLSocket connection = (SSLSocket) server.accept()) {
      connection.startHandshake();
      List<SNIServerName> names =
          ((ExtendedSSLSession) connection.getSession()).getRequestedServerNames();
      BufferedReader head =
          new BufferedReader(new InputStreamReader(connection.getInputStream(), ISO_8859_1));
      String line = head.readLine();
      while (line != null && !line.isEmpty()) {
        line = head.readLine();
      }
      connection.getOutputStream().write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(ISO_8859_1));
      return names.stream().map(name -> new String(name.getEncoded(), ISO_8859_1)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
