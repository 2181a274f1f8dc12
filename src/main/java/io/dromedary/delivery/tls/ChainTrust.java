package io.dromedary.delivery.tls;

import java.net.Socket;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * A trust manager that delegates to another one and explains why a certificate chain is not
 * trusted. The JVM gives the same message for all of them. Thread-safe if the other one is.
 */
final class ChainTrust extends X509ExtendedTrustManager {

  private interface Check {
    void run() throws CertificateException;
  }

  private final X509ExtendedTrustManager other;

  ChainTrust(X509ExtendedTrustManager other) {
    this.other = other;
  }

  private static void check(X509Certificate[] chain, Check check) throws CertificateException {
    try {
      check.run();
    } catch (CertificateException e) {
      if (chain.length > 0 && TlsFailure.find(e, CertPathBuilderException.class) != null) {
        throw new UntrustedChainException(describe(chain), e);
      }
      throw e;
    }
  }

  private static String describe(X509Certificate[] chain) {
    X509Certificate last = chain[chain.length - 1];
    String issuer = last.getIssuerX500Principal().getName();
    if (!last.getSubjectX500Principal().equals(last.getIssuerX500Principal())) {
      return chain.length == 1
          ? "no intermediate certificate came with it, and its issuer is not trusted: " + issuer
          : "its issuer is not trusted: " + issuer;
    }
    return chain.length == 1
        ? "it is self-signed: " + issuer
        : "its issuer is not trusted: " + issuer;
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, () -> other.checkServerTrusted(chain, authType, socket));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, () -> other.checkServerTrusted(chain, authType, engine));
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, () -> other.checkServerTrusted(chain, authType));
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    other.checkClientTrusted(chain, authType, socket);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    other.checkClientTrusted(chain, authType, engine);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    other.checkClientTrusted(chain, authType);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return other.getAcceptedIssuers();
  }
}
