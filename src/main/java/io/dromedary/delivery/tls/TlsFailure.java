package io.dromedary.delivery.tls;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Explains in a sentence for an operator why TLS with a receiver failed. The receiver has accepted
 * nothing in that case.
 *
 * @param isForGood whether retrying is useless. Waiting does not make a certificate valid, unless
 *     it has to be renewed. Mismatched versions, cipher suites and client certificates are
 *     temporary, because an operator on either side usually corrects them within hours.
 */
public record TlsFailure(boolean isForGood, String reason) {

  private static final Pattern ALERT = Pattern.compile("Received fatal alert: (\\w+)");

  private static final String NOTHING_IN_COMMON =
      "the receiver has no version or cipher suite of TLS in common with us: ";

  private static final String NO_CLIENT_CERTIFICATE =
      "the receiver wants a client certificate, and there is none for it"
          + " (webhooks.tls.key-store): ";

  /** Returns the explanation of a failed attempt, or null if TLS is not the cause. */
  public static @Nullable TlsFailure of(Throwable failure) {
    // In a chain of causes general exceptions come first, so this looks for specific ones first.
    Throwable found = find(failure, CertificateExpiredException.class);
    if (found != null) {
      // It will be renewed within hours.
      return new TlsFailure(false, "the certificate has expired: " + found.getMessage());
    }
    found = find(failure, CertificateNotYetValidException.class);
    if (found != null) {
      return new TlsFailure(false, "the certificate is not yet valid: " + found.getMessage());
    }
    CertPathValidatorException invalid = find(failure, CertPathValidatorException.class);
    if (invalid != null && invalid.getReason() == BasicReason.ALGORITHM_CONSTRAINED) {
      return new TlsFailure(
          true,
          "a key or signature in the certificate or its issuers' is too weak: "
              + invalid.getMessage());
    }
    found = find(failure, SSLPeerUnverifiedException.class);
    if (found != null) {
      return new TlsFailure(true, "the certificate is for another host: " + found.getMessage());
    }
    found = find(failure, UntrustedChainException.class);
    if (found == null) {
      found = find(failure, CertificateException.class);
    }
    if (found == null) {
      found = find(failure, CertPathBuilderException.class);
    }
    if (found != null) {
      return new TlsFailure(true, "the certificate is not trusted: " + found.getMessage());
    }
    found = find(failure, ClientCertificateException.class);
    if (found != null) {
      return new TlsFailure(false, NO_CLIENT_CERTIFICATE + found.getMessage());
    }
    SSLException broken = find(failure, SSLException.class);
    return broken == null ? null : ofHandshake(broken);
  }

  private static @Nullable TlsFailure ofHandshake(SSLException failure) {
    String message = String.valueOf(failure.getMessage());
    Matcher alert = ALERT.matcher(message);
    if (alert.find()) {
      return switch (alert.group(1)) {
        case "handshake_failure",
            "insufficient_security",
            "no_application_protocol",
            "protocol_version" ->
            new TlsFailure(false, NOTHING_IN_COMMON + alert.group(1));
        case "access_denied",
            "bad_certificate",
            "certificate_expired",
            "certificate_required",
            "certificate_revoked",
            "certificate_unknown",
            "unknown_ca",
            "unsupported_certificate" ->
            new TlsFailure(
                false,
                "the receiver does not accept our client certificate (webhooks.tls.key-store): "
                    + alert.group(1));
        case "unrecognized_name" ->
            new TlsFailure(false, "the receiver has no host of that name: " + alert.group(1));
        default -> null;
      };
    }
    if (message.contains("Unsupported or unrecognized SSL message")) {
      return new TlsFailure(
          false, "the receiver does not speak TLS on this port; it may be one for http://");
    }
    if (message.contains("No appropriate protocol")
        || message.contains("is not accepted by client preferences")) {
      return new TlsFailure(false, NOTHING_IN_COMMON + message);
    }
    return null;
  }

  static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
