package io.dromedary.delivery.attempt;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.delivery.flow.Signal;
import io.dromedary.delivery.tls.TlsFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeTimedOutException;
import org.apache.camel.Message;
import org.apache.camel.TypeConversionException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.spi.HttpResponseAware;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of one attempt.
 *
 * @param signal the kind of evidence about the receiver
 * @param attemptClass the class under which operators see it counted
 * @param status the HTTP status, or null if there was no answer
 * @param reason the failure in words, for an operator; empty if the webhook accepted
 * @param answer the beginning of the answer's body, or null
 * @param notBefore the instant before which the receiver does not want another request, or null
 */
public record Outcome(
    Kind kind,
    Signal.Kind signal,
    AttemptClass attemptClass,
    @Nullable Integer status,
    String reason,
    @Nullable String answer,
    @Nullable Instant notBefore) {

  /** The consequence of an attempt. */
  public enum Kind {
    ACCEPTED,
    TEMPORARY,
    PERMANENT
  }

  /** How much of an answer's body is kept if it explains a failure. */
  public static final int EXCERPT_BYTES = 1024;

  private static final Outcome OK =
      new Outcome(Kind.ACCEPTED, Signal.Kind.ACCEPTED, AttemptClass.ACCEPTED, 200, "", null, null);

  /** Returns the outcome of an exchange that was sent to a webhook's endpoint. */
  public static Outcome of(Exchange sent, Instant now) {
    Message answer = sent.getMessage();
    Integer status = status(answer);
    Throwable failure = sent.getException();
    if (failure != null) {
      HttpResponseAware response = response(failure);
      if (response instanceof HttpOperationFailedException failed) {
        return of(failed, now);
      }
      if (response != null) {
        return of(response.getHttpResponseCode(), null, null, now);
      }
      if (status == null || status < 300) {
        return of(failure);
      }
    }
    if (status == null || status == 200) {
      // An endpoint other than HTTP accepts by not failing.
      return sent.isRollbackOnly() ? failed(AttemptClass.OTHER, "the endpoint rolled back") : OK;
    }
    return of(status, excerpt(answer), answer.getHeader("Retry-After", String.class), now);
  }

  private static @Nullable Integer status(Message answer) {
    if (answer instanceof HttpResponseAware response && response.getHttpResponseCode() > 0) {
      return response.getHttpResponseCode();
    }
    try {
      return answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    } catch (TypeConversionException e) {
      // Not a status: the header of that name has another meaning.
      return null;
    }
  }

  private static @Nullable HttpResponseAware response(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      if (cause instanceof HttpResponseAware response && response.getHttpResponseCode() > 0) {
        return response;
      }
    }
    return null;
  }

  private static Outcome of(HttpOperationFailedException failed, Instant now) {
    String retryAfter = null;
    if (failed.getResponseHeaders() != null) {
      for (var header : failed.getResponseHeaders().entrySet()) {
        if (header.getKey().equalsIgnoreCase("Retry-After")) {
          retryAfter = header.getValue();
        }
      }
    }
    String body = failed.getResponseBody();
    return of(failed.getHttpResponseCode(), body == null ? null : cut(body), retryAfter, now);
  }

  /** Returns the outcome of an attempt that was answered with that status. */
  public static Outcome of(
      int status, @Nullable String answer, @Nullable String retryAfter, Instant now) {
    if (status >= 200 && status < 300) {
      return new Outcome(
          Kind.ACCEPTED, Signal.Kind.ACCEPTED, AttemptClass.ACCEPTED, status, "", null, null);
    }
    Kind kind = isTemporary(status) ? Kind.TEMPORARY : Kind.PERMANENT;
    Instant notBefore = kind == Kind.TEMPORARY ? RetryAfter.read(retryAfter, now) : null;
    return new Outcome(
        kind,
        signal(status),
        AttemptClass.of(status),
        status,
        "answered " + status,
        answer,
        notBefore);
  }

  private static boolean isTemporary(int status) {
    return switch (status) {
      // The receiver was too slow, got the request too early, or got too many.
      case 408, 425, 429 -> true;
      // The receiver does not support the request and will not support it later.
      case 501, 505 -> false;
      // Following a redirect would turn the POST into a GET, and the other 4xx are about the
      // request. A status below 200 is not a final answer.
      default -> status >= 500 || status < 200;
    };
  }

  private static Signal.Kind signal(int status) {
    return switch (status) {
      case 429 -> Signal.Kind.THROTTLED;
      case 408, 425, 502, 503, 504 -> Signal.Kind.UNAVAILABLE;
      default -> status >= 500 || status < 200 ? Signal.Kind.ERROR : Signal.Kind.REJECTED;
    };
  }

  /** Returns the outcome of an attempt that was not answered. */
  public static Outcome of(Throwable failure) {
    AttemptClass found = AttemptClass.of(failure);
    TlsFailure tls = TlsFailure.of(failure);
    if (tls != null) {
      return untrusted(tls.isForGood() ? Kind.PERMANENT : Kind.TEMPORARY, found, tls.reason());
    }
    for (Throwable cause = failure; cause != null; cause = next(cause)) {
      if (cause instanceof RefusedAddressException) {
        // Allowing the address needs a restart, so waiting does not help.
        return untrusted(Kind.PERMANENT, found, "not sent: " + cause.getMessage());
      }
      if (cause instanceof SocketTimeoutException
          || cause instanceof TimeoutException
          || cause instanceof ExchangeTimedOutException) {
        // A timeout of a single step, set by an option of the endpoint.
        return timeout(describe(cause));
      }
      if (cause instanceof UnknownHostException) {
        return failed(found, "unknown host");
      }
      if (cause instanceof ConnectException) {
        return failed(found, "the connection was refused");
      }
    }
    // Unknown failures are retried, so that no event is given up that could be delivered.
    return failed(found, describe(failure));
  }

  private static String describe(Throwable failure) {
    String message = failure.getMessage();
    String name = failure.getClass().getSimpleName();
    return message == null ? name : name + ": " + cut(message);
  }

  private static @Nullable Throwable next(Throwable cause) {
    Throwable next = cause.getCause();
    return next == cause ? null : next;
  }

  /** Returns the outcome of an attempt that missed its deadline. */
  public static Outcome timeout(String reason) {
    return new Outcome(
        Kind.TEMPORARY, Signal.Kind.TIMEOUT, AttemptClass.TIMEOUT, null, reason, null, null);
  }

  /** Returns the outcome of an attempt that was not made. */
  public static Outcome unsent(String reason) {
    return failed(AttemptClass.OTHER, reason);
  }

  /**
   * Restores an outcome from a stored progress. It is not evidence for the flow control any more.
   *
   * @param attemptClass null if the outcome was stored before 2026-11-29
   */
  public static Outcome recalled(
      Kind kind,
      @Nullable AttemptClass attemptClass,
      @Nullable Integer status,
      String reason,
      @Nullable String answer,
      @Nullable Instant notBefore) {
    Signal.Kind signal =
        kind == Kind.ACCEPTED
            ? Signal.Kind.ACCEPTED
            : status == null ? Signal.Kind.NO_ANSWER : signal(status);
    return new Outcome(
        kind,
        signal,
        attemptClass == null ? recalledClass(kind, status) : attemptClass,
        status,
        reason,
        answer,
        notBefore);
  }

  private static AttemptClass recalledClass(Kind kind, @Nullable Integer status) {
    if (kind == Kind.ACCEPTED) {
      return AttemptClass.ACCEPTED;
    }
    return status == null ? AttemptClass.OTHER : AttemptClass.of(status);
  }

  private static Outcome failed(AttemptClass found, String reason) {
    return new Outcome(Kind.TEMPORARY, Signal.Kind.NO_ANSWER, found, null, reason, null, null);
  }

  private static Outcome untrusted(Kind kind, AttemptClass found, String reason) {
    return new Outcome(kind, Signal.Kind.UNTRUSTED, found, null, cut(reason), null, null);
  }

  private static @Nullable String excerpt(Message answer) {
    Object body = answer.getBody();
    try {
      if (body instanceof InputStream stream) {
        body = stream.readNBytes(EXCERPT_BYTES);
      }
    } catch (IOException e) {
      return null;
    }
    if (body instanceof byte[] bytes) {
      return new String(bytes, 0, Math.min(bytes.length, EXCERPT_BYTES), UTF_8);
    }
    return body instanceof String text ? cut(text) : null;
  }

  private static String cut(String text) {
    return text.length() <= EXCERPT_BYTES ? text : text.substring(0, EXCERPT_BYTES);
  }

  /** Converts the outcome to evidence for the webhook's flow control. */
  public Signal toSignal(Instant now) {
    long wait = notBefore == null ? 0 : Math.max(0, Duration.between(now, notBefore).toNanos());
    return new Signal(signal, wait, reason);
  }
}
