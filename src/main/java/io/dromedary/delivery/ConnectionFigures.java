package io.dromedary.delivery;

import java.net.URI;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * What is seen of the connections to a webhook while they are used; no connection is made for it.
 * Thread-safe.
 */
final class ConnectionFigures {

  private final boolean isSecure;
  private final @Nullable String host;
  private final LongAdder fresh = new LongAdder();
  private final LongAdder reused = new LongAdder();
  private volatile long expiryMillis;

  /**
   * Nothing seen yet.
   *
   * @param webhook its URL: the certificates of other hosts, such as those that give out tokens,
   *     are not looked at
   */
  ConnectionFigures(URI webhook) {
    this.isSecure = "https".equalsIgnoreCase(webhook.getScheme());
    this.host = webhook.getHost();
  }

  /** Whether the webhook has a certificate. */
  boolean isSecure() {
    return isSecure;
  }

  /** A request is sent on a connection. */
  void sent(boolean isReused) {
    (isReused ? reused : fresh).increment();
  }

  /** A host has shown its certificate. */
  void secured(String at, SSLSession session) {
    if (host != null && !host.equalsIgnoreCase(at)) {
      return;
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      // Its own: of a chain that is trusted, what expires later or before is replaced by others.
      if (chain.length > 0 && chain[0] instanceof X509Certificate own) {
        expiryMillis = own.getNotAfter().toInstant().toEpochMilli();
      }
    } catch (SSLPeerUnverifiedException e) {
      // Somebody's cipher suites do without certificates.
    }
  }

  /** How many requests were sent on a new connection, or on one that had served before. */
  LongAdder sentOn(boolean isReused) {
    return isReused ? reused : fresh;
  }

  /** When the certificate expires that was seen last, in seconds since 1970; NaN: none was. */
  double certificateExpirySeconds() {
    long millis = expiryMillis;
    return millis == 0 ? Double.NaN : millis / 1000.0;
  }
}
