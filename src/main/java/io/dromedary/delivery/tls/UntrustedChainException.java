package io.dromedary.delivery.tls;

import java.security.cert.CertificateException;

/** Signals that a certificate chain does not lead to a trusted authority. */
final class UntrustedChainException extends CertificateException {

  private static final long serialVersionUID = 1L;

  UntrustedChainException(String reason, CertificateException cause) {
    super(reason, cause);
  }
}
