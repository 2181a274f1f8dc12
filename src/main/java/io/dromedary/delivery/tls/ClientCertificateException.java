package io.dromedary.delivery.tls;

import java.io.IOException;

/**
 * An attempt has failed after the receiver had asked for a client certificate and got none. What
 * failed may be anything, since the receiver closes the connection before its alert is read.
 */
public final class ClientCertificateException extends IOException {

  private static final long serialVersionUID = 1L;

  /** A failure for that reason. */
  public ClientCertificateException(Throwable cause) {
    super(cause.getMessage(), cause);
  }
}
