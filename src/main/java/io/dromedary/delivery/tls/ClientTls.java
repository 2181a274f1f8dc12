package io.dromedary.delivery.tls;

import java.util.List;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.jspecify.annotations.Nullable;

/**
 * How TLS is spoken to a webhook: version 1.2 or later, without the JVM's weak cipher suites and
 * with keys that are long enough. Thread-safe.
 */
public final class ClientTls extends DefaultClientTlsStrategy {

  /**
   * TLS of a context.
   *
   * @param protocols the versions; empty: 1.2 and later, of those that the context enables
   * @param cipherSuites empty: those that the context enables, without weak ones
   * @param hosts knows whether a certificate is for a host
   */
  public ClientTls(
      SSLContext context,
      List<String> protocols,
      List<String> cipherSuites,
      HostnameVerifier hosts) {
    super(
        context,
        orNull(protocols),
        orNull(cipherSuites),
        SSLBufferMode.STATIC,
        // The JVM's own check besides would be one that no option of the endpoint changes.
        HostnameVerificationPolicy.CLIENT,
        hosts);
  }

  private static String @Nullable [] orNull(List<String> names) {
    return names.isEmpty() ? null : names.toArray(String[]::new);
  }

  @Override
  protected void initializeSocket(SSLSocket socket) {
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setAlgorithmConstraints(new KeySizes());
    socket.setSSLParameters(parameters);
  }
}
