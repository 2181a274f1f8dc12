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
 * How TLS is spoken to a webhook: version 1.2 or later, without the JVM's weak cipher suites and
 * with keys that are long enough. Thread-safe.
 *
 * <p>Every receiver is told which host is meant. The JVM by itself leaves out names of one label,
 * and a proxy in a network of containers may have a certificate for each of these.
 */
public final class ClientTls extends DefaultClientTlsStrategy {

  private final SSLContext context;
  private final List<String> protocols;
  private final List<String> cipherSuites;

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
    // The JVM's own check besides would be one that no option of the endpoint changes.
    super(context, null, null, SSLBufferMode.STATIC, HostnameVerificationPolicy.CLIENT, hosts);
    this.context = context;
    this.protocols = List.copyOf(protocols);
    this.cipherSuites = List.copyOf(cipherSuites);
  }

  @Override
  public SSLSocket upgrade(
      Socket socket, String target, int port, Object attachment, HttpContext httpContext)
      throws IOException {
    // The full stop says how the host is looked up, and is part of no certificate.
    String relative = target.endsWith(".") ? target.substring(0, target.length() - 1) : target;
    // The client has made letters of it.
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
    // A name with an underscore is none to TLS: servers in Java end the handshake that has one.
    if (!host.contains("_") && !InetAddressUtils.isIPv4(host) && !InetAddressUtils.isIPv6(host)) {
      parameters.setServerNames(List.of(new SNIHostName(host)));
    }
    return parameters;
  }
}
