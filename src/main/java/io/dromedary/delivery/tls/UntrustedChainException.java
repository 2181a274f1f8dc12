package io.dromedary.delivery.tls;

import java.security.cert.CertificateException;

/** A chain of certificates does not lead to an authority that is trusted. */
final class UntrustedChainException extends CertificateException {

  private static final long serialVersionUID = 1L;

  UntrustedChainException(String reason, CertificateException cause) {
    super(reason, cause);
  }
}
