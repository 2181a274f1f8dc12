package io.dromedary.delivery.tls;

import java.io.IOException;

/**
 * Signals that an attempt failed after the receiver had asked for a client certificate and got
 * none. The cause may be any failure, since the receiver closes the connection before its alert is
 * read.
 */
public final class ClientCertificateException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Creates an exception for that failure. */
  public ClientCertificateException(Throwable cause) {
    super(cause.getMessage(), cause);
  }
}
