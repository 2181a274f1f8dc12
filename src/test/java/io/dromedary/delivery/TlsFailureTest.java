package io.dromedary.delivery;

import static io.dromedary.delivery.attempt.Outcome.Kind.ACCEPTED;
import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static io.dromedary.delivery.attempt.Outcome.Kind.TEMPORARY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.dromedary.delivery.attempt.Outcome;
import io.dromedary.delivery.flow.Signal;
import io.dromedary.settings.TlsOptions;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLServerSocket;
import org.apache.camel.support.jsse.KeyManagersParameters;
import org.apache.camel.support.jsse.KeyStoreParameters;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.jsse.TrustManagersParameters;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the explanations of TLS failures, with real servers. */
class TlsFailureTest {

  private static final Certificates CERTIFICATES = new Certificates();

  @TempDir static Path folder;
  private final HttpAttempts attempts = new HttpAttempts();

  @BeforeEach
  void trustTheAuthority() throws Exception {
    attempts.tls = new TlsOptions(stores(false), List.of(), List.of());
  }

  @AfterEach
  void close() {
    attempts.close();
  }

  private static KeyStoreParameters store(Path file) {
    KeyStoreParameters store = new KeyStoreParameters();
    store.setResource("file:" + file);
    store.setPassword(Certificates.PASSWORD);
    return store;
  }

  private static SSLContextParameters stores(boolean withClientCertificate) throws Exception {
    SSLContextParameters stores = new SSLContextParameters();
    TrustManagersParameters trust = new TrustManagersParameters();
    trust.setKeyStore(store(CERTIFICATES.trustStore(folder)));
    stores.setTrustManagers(trust);
    if (withClientCertificate) {
      KeyManagersParameters keys = new KeyManagersParameters();
      keys.setKeyStore(store(CERTIFICATES.clientStore(folder)));
      keys.setKeyPassword(Certificates.PASSWORD);
      stores.setKeyManagers(keys);
    }
    return stores;
  }

  static Stream<Arguments> servers() throws Exception {
    return Stream.of(
        arguments(
            CERTIFICATES.selfSigned(),
            PERMANENT,
            "the certificate is not trusted: it is self-signed: CN="),
        arguments(
            new Certificates("Other CA").withItsAuthority(),
            PERMANENT,
            "the certificate is not trusted: its issuer is not trusted: CN=Other CA"),
        arguments(
            CERTIFICATES.behindAnIntermediate(false),
            PERMANENT,
            "the certificate is not trusted: no intermediate certificate came with it, and its"
                + " issuer is not trusted: CN=Intermediate CA"),
        arguments(CERTIFICATES.expired(), TEMPORARY, "the certificate has expired: NotAfter: "),
        arguments(
            CERTIFICATES.notYetValid(), TEMPORARY, "the certificate is not yet valid: NotBefore: "),
        arguments(
            CERTIFICATES.wrongHost(),
            PERMANENT,
            "the certificate is for another host: Certificate for <localhost> doesn't match any of"
                + " the subject alternative names: [other.example]"),
        arguments(
            CERTIFICATES.ofKeySize(1024),
            PERMANENT,
            "a key or signature in the certificate or its issuers' is too weak: "));
  }

  @ParameterizedTest
  @MethodSource("servers")
  void aCertificateIsRefusedInASentence(
      Certificates.Server server, Outcome.Kind kind, String reason) throws Exception {
    try (Receiver receiver = Receiver.startTls(server)) {
      Outcome outcome = attempts.attempt("https://localhost:" + receiver.port() + "/hook");

      assertThat(outcome.reason()).startsWith(reason);
      assertThat(outcome.kind()).isEqualTo(kind);
      assertThat(outcome.signal()).isEqualTo(Signal.Kind.UNTRUSTED);
      assertThat(receiver.count()).isZero();
    }
  }

  /** The same applies to key stores of Camel and of the JVM. */
  @ParameterizedTest
  @ValueSource(strings = {"of Camel", "of the JVM"})
  void soItIsWithOtherStores(String whose) throws Exception {
    if (whose.equals("of Camel")) {
      attempts.context.setSSLContextParameters(stores(false));
    }
    attempts.tls = TlsOptions.NONE;
    try (Receiver receiver = Receiver.startTls(CERTIFICATES.selfSigned())) {
      Outcome outcome = attempts.attempt("https://localhost:" + receiver.port() + "/hook");

      assertThat(outcome.reason())
          .startsWith("the certificate is not trusted: it is self-signed: CN=");
    }
  }

  static Stream<Arguments> goodServers() throws Exception {
    return Stream.of(
        arguments(CERTIFICATES.good()),
        arguments(CERTIFICATES.ofKeySize(2048)),
        arguments(CERTIFICATES.behindAnIntermediate(true)),
        arguments(CERTIFICATES.withItsAuthority()));
  }

  @ParameterizedTest
  @MethodSource("goodServers")
  void aGoodCertificateIsTrusted(Certificates.Server server) throws Exception {
    try (Receiver receiver = Receiver.startTls(server)) {
      String url = "https://localhost:" + receiver.port() + "/hook";
      assertThat(attempts.attempt(url).kind()).isEqualTo(ACCEPTED);
      assertThat(receiver.count()).isEqualTo(1);
    }
  }

  /** Makes an attempt at a server that answers as soon as it has read anything. */
  private Outcome attemptAt(Consumer<SSLServerSocket> configure) throws Exception {
    ServerSocketFactory sockets = CERTIFICATES.serverContext().getServerSocketFactory();
    return attemptAt(sockets, server -> configure.accept((SSLServerSocket) server));
  }

  private Outcome attemptAt(ServerSocketFactory sockets, Consumer<ServerSocket> configure)
      throws Exception {
    CompletableFuture<Void> served;
    Outcome outcome;
    try (ServerSocket server =
        sockets.createServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
      configure.accept(server);
      served = CompletableFuture.runAsync(() -> serve(server));
      outcome = attempts.attempt("https://localhost:" + server.getLocalPort() + "/hook");
    }
    served.join();
    return outcome;
  }

  private static void serve(ServerSocket server) {
    while (true) {
      try (Socket connection = server.accept()) {
        if (connection.getInputStream().read() >= 0) {
          connection
              .getOutputStream()
              .write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".getBytes(UTF_8));
        }
      } catch (IOException e) {
        // The handshake has failed, or the test is over.
        if (server.isClosed()) {
          return;
        }
      }
    }
  }

  private void assertUnanswered(Outcome outcome, String reason) {
    assertThat(outcome.reason()).startsWith(reason);
    assertThat(outcome.kind()).isEqualTo(TEMPORARY);
    assertThat(outcome.signal()).isEqualTo(Signal.Kind.UNTRUSTED);
  }

  @Test
  void aVersionThatIsTooOldIsNotSpoken() throws Exception {
    attempts.tls = new TlsOptions(stores(false), List.of("TLSv1.3"), List.of());

    assertUnanswered(
        attemptAt(server -> server.setEnabledProtocols(new String[] {"TLSv1.2"})),
        "the receiver has no version or cipher suite of TLS in common with us: ");
  }

  @Test
  void aCipherSuiteThatIsNotChosenIsNotUsed() throws Exception {
    attempts.tls =
        new TlsOptions(
            stores(false), List.of("TLSv1.2"), List.of("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));

    assertUnanswered(
        attemptAt(
            server ->
                server.setEnabledCipherSuites(
                    new String[] {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"})),
        "the receiver has no version or cipher suite of TLS in common with us: handshake_failure");
  }

  @Test
  void whatIsChosenIsSpoken() throws Exception {
    attempts.tls =
        new TlsOptions(
            stores(false), List.of("TLSv1.2"), List.of("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"));

    assertThat(attemptAt(server -> {}).kind()).isEqualTo(ACCEPTED);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientCertificateThatIsWantedIsNamed(String protocol) throws Exception {
    // With TLS 1.3 the alert comes after the request has been sent.
    for (int i = 0; i < 20; i++) {
      assertUnanswered(
          attemptAt(
              server -> {
                server.setEnabledProtocols(new String[] {protocol});
                server.setNeedClientAuth(true);
              }),
          "the receiver wants a client certificate, and there is none for it"
              + " (webhooks.tls.key-store): ");
      attempts.again();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void aClientCertificateIsSent(String protocol) throws Exception {
    attempts.tls = new TlsOptions(stores(true), List.of(protocol), List.of());

    assertThat(attemptAt(server -> server.setNeedClientAuth(true)).kind()).isEqualTo(ACCEPTED);
  }

  @Test
  void aPortOfPlainHttpIsNamed() throws Exception {
    assertUnanswered(
        attemptAt(ServerSocketFactory.getDefault(), server -> {}),
        "the receiver does not speak TLS on this port; it may be one for http://");
  }
}
