package io.dromedary.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

@Timeout(30)
class CertificatesTest {

  private static final Certificates CERTIFICATES = new Certificates();

  static final List<Arguments> REFUSED =
      List.of(
          Arguments.of("self-signed", CERTIFICATES.selfSigned(), "PKIX path"),
          Arguments.of("expired", CERTIFICATES.expired(), "NotAfter"),
          Arguments.of("wrong host", CERTIFICATES.wrongHost(), "No subject alternative names"),
          Arguments.of("stranger", new Certificates().good(), "PKIX path"));

  @Test
  void aClientAcceptsTheGoodServer() throws Exception {
    try (Receiver receiver = Receiver.startTls(CERTIFICATES.good())) {
      assertThat(post(receiver.url())).isEqualTo(200);
      assertThat(post(receiver.url().replace("127.0.0.1", "localhost"))).isEqualTo(200);
      assertThat(receiver.count()).isEqualTo(2);
    }
  }

  @ParameterizedTest(name = "{0}")
  @FieldSource("REFUSED")
  void aClientRefusesTheOthers(String name, Certificates.Server server, String reason) {
    try (Receiver receiver = Receiver.startTls(server)) {
      assertThatThrownBy(() -> post(receiver.url()))
          .isInstanceOf(SSLHandshakeException.class)
          .hasStackTraceContaining(reason);
      assertThat(receiver.count()).isZero();
    }
  }

  @Test
  void theTrustStoreHoldsTheAuthority(@TempDir Path directory) throws Exception {
    Path file = CERTIFICATES.trustStore(directory);

    KeyStore store = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(file)) {
      store.load(in, Certificates.PASSWORD.toCharArray());
    }
    assertThat(store.getCertificate("ca"))
        .isEqualTo(CERTIFICATES.trustStore().getCertificate("ca"))
        .isNotNull();
    // A trust manager refuses a store that has nothing it could trust.
    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm()).init(store);
  }

  private static int post(String url) throws IOException, InterruptedException {
    HttpClient client = HttpClient.newBuilder().sslContext(CERTIFICATES.clientContext()).build();
    return client
        .send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.discarding())
        .statusCode();
  }
}
