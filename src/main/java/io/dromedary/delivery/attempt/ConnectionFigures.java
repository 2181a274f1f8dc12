package io.dromedary.delivery.attempt;

import java.net.URI;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.LongAdder;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Figures about the connections to a webhook, gathered while they are used. No connection is made
 * for them. Thread-safe.
 */
public final class ConnectionFigures {

  private final boolean isSecure;
  private final @Nullable String host;
  private final LongAdder fresh = new LongAdder();
  private final LongAdder reused = new LongAdder();
  private volatile long expiryMillis;

  /**
   * Creates empty figures.
   *
   * @param webhook the URL of the webhook; certificates of other hosts, such as those that issue
   *     tokens, are ignored
   */
  public ConnectionFigures(URI webhook) {
    this.isSecure = "https".equalsIgnoreCase(webhook.getScheme());
    this.host = webhook.getHost();
  }

  /** Returns whether the webhook uses TLS. */
  public boolean isSecure() {
    return isSecure;
  }

  /** Counts a request on a new or a reused connection. */
  public void sent(boolean isReused) {
    (isReused ? reused : fresh).increment();
  }

  /** Records the certificate that a host has presented. */
  public void secured(String at, SSLSession session) {
    if (host != null && !host.equalsIgnoreCase(at)) {
      return;
    }
    try {
      Certificate[] chain = session.getPeerCertificates();
      // Only the host's own: if an issuer's certificate expires, another trusted path may exist.
      if (chain.length > 0 && chain[0] instanceof X509Certificate own) {
        expiryMillis = own.getNotAfter().toInstant().toEpochMilli();
      }
    } catch (SSLPeerUnverifiedException e) {
      // Some cipher suites do without certificates.
    }
  }

  /** Returns the counter of requests on new or on reused connections. */
  public LongAdder sentOn(boolean isReused) {
    return isReused ? reused : fresh;
  }

  /** Returns the expiry of the last certificate in seconds since 1970; NaN if there was none. */
  public double certificateExpirySeconds() {
    long millis = expiryMillis;
    return millis == 0 ? Double.NaN : millis / 1000.0;
  }
}
