package io.dromedary.delivery.tls;

import java.io.IOException;
import java.net.IDN;
import java.net.Socket;
import java.util.List;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.HostnameVerificationPolicy;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.ssl.TLS;
import org.apache.hc.core5.http.ssl.TlsCiphers;
import org.apache.hc.core5.io.Closer;
import org.apache.hc.core5.net.InetAddressUtils;
import org.apache.hc.core5.reactor.ssl.SSLBufferMode;
import org.apache.hc.core5.util.TextUtils;

/**
 * The TLS strategy for webhooks: version 1.2 or later, without the JVM's weak cipher suites, and
 * with keys that are long enough. Thread-safe.
 *
 * <p>The host name is always sent (SNI). The JVM by itself omits names of a single label, but a
 * proxy in a container network may have a certificate for each of them.
 */
public final class ClientTls extends DefaultClientTlsStrategy {

  private final SSLContext context;
  private final List<String> protocols;
  private final List<String> cipherSuites;

  /**
   * Creates the strategy for a TLS context.
   *
   * @param protocols the versions; if empty, 1.2 and later as far as the context enables them
   * @param cipherSuites the cipher suites; if empty, those that the context enables, without weak
   *     ones
   * @param hosts verifies that a certificate is for the host
   */
  public ClientTls(
      SSLContext context,
      List<String> protocols,
      List<String> cipherSuites,
      HostnameVerifier hosts) {
    // The JVM's own host name check would apply as well, and no option of the endpoint changes it.
    super(context, null, null, SSLBufferMode.STATIC, HostnameVerificationPolicy.CLIENT, hosts);
    this.context = context;
    this.protocols = List.copyOf(protocols);
    this.cipherSuites = List.copyOf(cipherSuites);
  }

  @Override
  public SSLSocket upgrade(
      Socket socket, String target, int port, Object attachment, HttpContext httpContext)
      throws IOException {
    // The trailing dot only matters for the DNS lookup and is in no certificate.
    String relative = target.endsWith(".") ? target.substring(0, target.length() - 1) : target;
    // The client has decoded the name from Punycode.
    String host = TextUtils.isAllASCII(relative) ? relative : IDN.toASCII(relative);
    SSLSocket secure =
        (SSLSocket) context.getSocketFactory().createSocket(socket, host, port, false);
    try {
      secure.setSSLParameters(parameters(secure, host));
      secure.startHandshake();
      verifySession(host, secure.getSession());
      return secure;
    } catch (IOException | RuntimeException e) {
      Closer.closeQuietly(secure);
      throw e;
    }
  }

  private SSLParameters parameters(SSLSocket socket, String host) {
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setProtocols(
        protocols.isEmpty()
            ? TLS.excludeWeak(socket.getEnabledProtocols())
            : protocols.toArray(String[]::new));
    parameters.setCipherSuites(
        cipherSuites.isEmpty()
            ? TlsCiphers.excludeWeak(socket.getEnabledCipherSuites())
            : cipherSuites.toArray(String[]::new));
    parameters.setAlgorithmConstraints(new KeySizes());
    // SNI allows no underscore: servers in Java abort a handshake that has one.
    if (!host.contains("_") && !InetAddressUtils.isIPv4(host) && !InetAddressUtils.isIPv6(host)) {
      parameters.setServerNames(List.of(new SNIHostName(host)));
    }
    return parameters;
  }
}
