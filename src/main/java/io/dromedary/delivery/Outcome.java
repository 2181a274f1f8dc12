package io.dromedary.delivery;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.camel.Exchange;
import org.apache.camel.Message;
import org.apache.hc.client5.http.utils.DateUtils;
import org.jspecify.annotations.Nullable;

/**
 * What came of one attempt.
 *
 * @param status the HTTP status, or null where there was no answer
 * @param reason what is wrong, for an operator; empty where the webhook accepted
 * @param answer the beginning of the answer's body, or null
 * @param notBefore the instant before which the receiver does not want to be asked again, or null
 */
public record Outcome(
    Kind kind,
    @Nullable Integer status,
    String reason,
    @Nullable String answer,
    @Nullable Instant notBefore) {

  /** What follows from an attempt. */
  public enum Kind {
    ACCEPTED,
    TEMPORARY,
    PERMANENT
  }

  /** Nothing a receiver may ask for reaches further: beyond every window, and no overflow. */
  private static final Duration LONGEST_RETRY_AFTER = Duration.ofDays(365);

  private static final Outcome OK = new Outcome(Kind.ACCEPTED, 200, "", null, null);

  /** The outcome of an exchange that has been sent to a webhook's endpoint. */
  static Outcome of(Exchange sent, Instant now) {
    Throwable failure = sent.getException();
    if (failure != null) {
      return of(failure);
    }
    Message answer = sent.getMessage();
    Integer status = answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    if (status == null || status == 200) {
      // An endpoint that is not HTTP accepts by not failing.
      return OK;
    }
    return of(status, excerpt(answer), answer.getHeader("Retry-After", String.class), now);
  }

  static Outcome of(int status, @Nullable String answer, @Nullable String retryAfter, Instant now) {
    if (status >= 200 && status < 300) {
      return new Outcome(Kind.ACCEPTED, status, "", null, null);
    }
    Kind kind = isTemporary(status) ? Kind.TEMPORARY : Kind.PERMANENT;
    Instant notBefore = kind == Kind.TEMPORARY ? retryAfter(retryAfter, now) : null;
    return new Outcome(kind, status, "answered " + status, answer, notBefore);
  }

  private static boolean isTemporary(int status) {
    return switch (status) {
      // Too slow, too early, too many.
      case 408, 425, 429 -> true;
      // What the receiver cannot do now it will not be able to do later.
      case 501, 505 -> false;
      // A redirect would turn the POST into a GET, and the other 4xx are about the request.
      default -> status >= 500;
    };
  }

  static Outcome of(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      // Asking again would not make the certificate good, and no request has been sent.
      if (cause instanceof CertificateException
          || cause instanceof CertPathBuilderException
          || cause instanceof SSLPeerUnverifiedException) {
        return failed(Kind.PERMANENT, "the certificate is not trusted: " + cause.getMessage());
      }
      if (cause instanceof UnknownHostException) {
        return failed(Kind.TEMPORARY, "unknown host");
      }
      if (cause instanceof AttemptTimeoutException) {
        return failed(Kind.TEMPORARY, String.valueOf(cause.getMessage()));
      }
      if (cause instanceof ConnectException) {
        return failed(Kind.TEMPORARY, "the connection was refused");
      }
    }
    // An unknown failure is retried: nothing is given up that might have been delivered.
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return failed(Kind.TEMPORARY, message == null ? name : name + ": " + message);
  }

  private static @Nullable Throwable next(Throwable cause) {
    Throwable next = cause.getCause();
    return next == cause ? null : next;
  }

  private static Outcome failed(Kind kind, String reason) {
    return new Outcome(kind, null, reason, null, null);
  }

  private static @Nullable String excerpt(Message answer) {
    return answer.getBody() instanceof byte[] body
        ? new String(body, 0, Math.min(body.length, AnswerReader.EXCERPT_BYTES), UTF_8)
        : null;
  }

  /** Both forms of the header, seconds and a date; null where it is missing, past or unreadable. */
  private static @Nullable Instant retryAfter(@Nullable String value, Instant now) {
    if (value == null) {
      return null;
    }
    String text = value.strip();
    Instant latest = now.plus(LONGEST_RETRY_AFTER);
    if (text.matches("\\d+")) {
      long most = LONGEST_RETRY_AFTER.toSeconds();
      long seconds = text.length() > 9 ? most : Math.min(most, Long.parseLong(text));
      return seconds == 0 ? null : now.plusSeconds(seconds);
    }
    try {
      Instant date = DateUtils.parseStandardDate(text);
      return date == null || !date.isAfter(now) ? null : date.isAfter(latest) ? latest : date;
    } catch (DateTimeException e) {
      return null;
    }
  }
}
