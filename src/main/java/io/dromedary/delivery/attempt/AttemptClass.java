package io.dromedary.delivery.attempt;

import static io.dromedary.delivery.attempt.Outcome.Kind.PERMANENT;
import static io.dromedary.delivery.attempt.Outcome.Kind.TEMPORARY;

import io.dromedary.delivery.tls.TlsFailure;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import org.apache.camel.ExchangeTimedOutException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.jspecify.annotations.Nullable;

/**
 * The class of an attempt's outcome: one of a few words that an operator sees first. It depends on
 * the status, but on nothing else in a receiver's answer, so the number of classes is bounded.
 */
public enum AttemptClass {
  /** The webhook answered with a status from 200 to 299. */
  ACCEPTED("accepted"),
  /** There was no complete answer in time. */
  TIMEOUT("timeout"),
  /** No connection could be made: nothing listens there, or there is no route. */
  REFUSED("refused"),
  /** The host has no address. */
  DNS("dns"),
  /** The TLS handshake failed, or the certificate is not trusted. */
  TLS("tls"),
  /** The address is one that webhooks may not use. */
  BLOCKED("blocked"),
  /** The connection was reset. */
  RESET("reset"),
  /** The connection was closed before there was a complete answer. */
  CLOSED("closed"),
  /** The webhook answered with a redirect, which is not followed. */
  REDIRECTED("3xx"),
  /** The webhook took too long to read the request. */
  REQUEST_TIMEOUT("408"),
  /** The webhook answered that the request came too early. */
  TOO_EARLY("425"),
  /** The webhook answered that there were too many requests. */
  TOO_MANY("429"),
  /** The webhook answered with another status from 400 to 499. */
  CLIENT_ERROR("4xx"),
  /** The webhook answered with a status from 500 on. */
  SERVER_ERROR("5xx"),
  /** Anything else: another Camel endpoint failed, or the answer was not HTTP. */
  OTHER("other");

  private final String label;

  AttemptClass(String label) {
    this.label = label;
  }

  /** Returns the name of the class in metrics and logs. */
  public String label() {
    return label;
  }

  /** Returns all names, in their order. */
  public static List<String> labels() {
    return Stream.of(values()).map(AttemptClass::label).toList();
  }

  /** Returns the class of that name, or null. */
  public static @Nullable AttemptClass ofLabel(@Nullable String label) {
    for (AttemptClass each : values()) {
      if (each.label.equals(label)) {
        return each;
      }
    }
    return null;
  }

  /** Returns the possible consequences of an attempt of this class. */
  public Set<Outcome.Kind> kinds() {
    return switch (this) {
      case ACCEPTED -> Set.of(Outcome.Kind.ACCEPTED);
      case BLOCKED, REDIRECTED, CLIENT_ERROR -> Set.of(PERMANENT);
      case TLS, SERVER_ERROR -> Set.of(TEMPORARY, PERMANENT);
      default -> Set.of(TEMPORARY);
    };
  }

  /** Returns the class of an answer with that status. */
  public static AttemptClass of(int status) {
    return switch (status) {
      case 408 -> REQUEST_TIMEOUT;
      case 425 -> TOO_EARLY;
      case 429 -> TOO_MANY;
      default ->
          switch (status / 100) {
            case 2 -> ACCEPTED;
            case 3 -> REDIRECTED;
            case 4 -> CLIENT_ERROR;
            default -> status < 200 ? OTHER : SERVER_ERROR;
          };
    };
  }

  /** Returns the class of an attempt that failed without an answer. */
  public static AttemptClass of(Throwable failure) {
    if (TlsFailure.of(failure) != null) {
      return TLS;
    }
    Throwable cause = failure;
    while (cause != null) {
      AttemptClass found = ofCause(cause);
      if (found != OTHER) {
        return found;
      }
      cause = cause.getCause() == cause ? null : cause.getCause();
    }
    return OTHER;
  }

  private static AttemptClass ofCause(Throwable cause) {
    if (cause instanceof RefusedAddressException) {
      return BLOCKED;
    }
    if (cause instanceof SSLHandshakeException) {
      // Also if the receiver just closed the connection.
      return TLS;
    }
    if (cause instanceof SocketTimeoutException
        || cause instanceof TimeoutException
        || cause instanceof ExchangeTimedOutException) {
      return TIMEOUT;
    }
    if (cause instanceof UnknownHostException) {
      return DNS;
    }
    if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
      return REFUSED;
    }
    if (cause instanceof SocketException) {
      String message = String.valueOf(cause.getMessage()).toLowerCase(Locale.ROOT);
      if (message.contains("unreachable")) {
        return REFUSED;
      }
      // Writing to a connection that was reset fails with a broken pipe.
      return message.contains("reset") || message.contains("broken pipe") ? RESET : CLOSED;
    }
    return cause instanceof NoHttpResponseException
            || cause instanceof ConnectionClosedException
            || cause instanceof ClosedChannelException
            || cause instanceof EOFException
        ? CLOSED
        : OTHER;
  }
}
