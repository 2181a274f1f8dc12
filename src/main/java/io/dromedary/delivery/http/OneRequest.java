package io.dromedary.delivery.http;

import io.dromedary.delivery.attempt.Attempt;
import io.dromedary.delivery.attempt.Outcome;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.EndpointDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.impl.io.HttpRequestExecutor;
import org.apache.hc.core5.http.io.HttpClientConnection;
import org.apache.hc.core5.http.io.HttpResponseInformationCallback;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.support.ClassicRequestBuilder;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.io.Closer;

/**
 * Makes a request of the HTTP client the one request of the {@link Attempt} that runs on its
 * thread. The request ends with the attempt, and its answer is read here, under the deadline. Only
 * the status, {@code Retry-After} and, unless the receiver has accepted, the beginning of the body
 * are passed on, so nothing is kept that a receiver could make arbitrarily long.
 *
 * <p>Requests for a token that the client makes in between belong to the attempt, too. Thread-safe.
 */
final class OneRequest implements ExecChainHandler {

  /** Answers up to this length are read to their end, so that the connection can be reused. */
  private static final int MOST_BODY_BYTES = 1024 * 1024;

  /** The longest answer with a token. */
  private static final int MOST_TOKEN_BYTES = 64 * 1024;

  private final HttpConnections connections;

  OneRequest(HttpConnections connections) {
    this.connections = connections;
  }

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    Attempt attempt = Attempt.current();
    if (attempt == null) {
      throw new IllegalStateException("A request outside of an attempt.");
    }
    Cancellable running = (Cancellable) scope.originalRequest;
    Closeable cancel = running::cancel;
    boolean isItsOwn = attempt.opened(cancel) == 1;
    ClassicHttpResponse response = null;
    try {
      response = proceed(request, scope, chain);
      ClassicHttpResponse answer = new BasicClassicHttpResponse(response.getCode());
      Header retryAfter = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
      HttpEntity entity = response.getEntity();
      // The receiver decides how many headers there are and how long the body takes.
      response.setHeaders();
      if (retryAfter != null) {
        answer.addHeader(retryAfter);
      }
      byte[] body = read(entity, scope, isItsOwn);
      // Marked here, because the pool looks at it when the connection is returned, before the
      // caller can.
      attempt.answered();
      if (body.length > 0 && !(isItsOwn && response.getCode() < HttpStatus.SC_REDIRECTION)) {
        answer.setEntity(new ByteArrayEntity(body, ContentType.TEXT_PLAIN));
      }
      return answer;
    } catch (Error e) {
      // The client does not release the connection after an Error.
      scope.execRuntime.discardEndpoint();
      throw e;
    } finally {
      // A failure here concerns only the rest of the answer.
      Closer.closeQuietly(response);
      attempt.released(cancel);
    }
  }

  private static ClassicHttpResponse proceed(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    try {
      return chain.proceed(request, scope);
    } catch (UnsentException e) {
      // The connection was unusable and nothing of the request was sent, so it is sent now.
      return chain.proceed(ClassicRequestBuilder.copy(scope.originalRequest).build(), scope);
    }
  }

  private static byte[] read(HttpEntity entity, ExecChain.Scope scope, boolean isItsOwn)
      throws IOException {
    InputStream in = entity == null ? null : entity.getContent();
    if (in == null) {
      return new byte[0];
    }
    byte[] kept = in.readNBytes(isItsOwn ? Outcome.EXCERPT_BYTES : MOST_TOKEN_BYTES);
    byte[] rest = new byte[kept.length < Outcome.EXCERPT_BYTES ? 1 : 8192];
    long total = kept.length;
    for (int read = in.read(rest); read >= 0; read = in.read(rest)) {
      total += read;
      if (total > MOST_BODY_BYTES) {
        // Closing the stream would read on to its end.
        scope.execRuntime.discardEndpoint();
        break;
      }
    }
    return kept;
  }

  /** Registers a connection with the attempt once it is made, before anything is sent. */
  ExecChainHandler whenConnected() {
    return (request, scope, chain) -> {
      Attempt attempt = Attempt.current();
      if (attempt != null) {
        attempt.connected();
      }
      return chain.proceed(request, scope);
    };
  }

  /** Sends requests and records whether reused connections work. */
  HttpRequestExecutor executor() {
    return new HttpRequestExecutor() {
      @Override
      public ClassicHttpResponse execute(
          ClassicHttpRequest request,
          HttpClientConnection connection,
          HttpResponseInformationCallback information,
          HttpContext context)
          throws IOException, HttpException {
        EndpointDetails details = connection.getEndpointDetails();
        boolean isReused = details.getRequestCount() > 0;
        if (isReused && HttpConnections.hasReceived(connection)) {
          // A receiver that answers once too often does so on all connections.
          connections.closeIdle();
          throw new UnsentException(
              new ProtocolException("an answer was there before its request"));
        }
        connections.figures().sent(isReused);
        long sentBefore = details.getSentBytesCount();
        long receivedBefore = details.getReceivedBytesCount();
        try {
          ClassicHttpResponse response = super.execute(request, connection, information, context);
          if (isReused) {
            connections.reuse().succeeded();
          }
          return response;
        } catch (IOException e) {
          Attempt attempt = Attempt.current();
          if (isReused
              && details.getReceivedBytesCount() == receivedBefore
              && attempt != null
              && !attempt.hasEnded()) {
            if (connections.reuse().failed(attempt.isLookedAt())) {
              connections.closeIdle();
            }
            if (details.getSentBytesCount() == sentBefore) {
              throw new UnsentException(e);
            }
          }
          throw e;
        }
      }
    };
  }

  /** Signals that a request was not sent because its connection was unusable. */
  private static final class UnsentException extends IOException {

    private static final long serialVersionUID = 1L;

    UnsentException(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }
}
