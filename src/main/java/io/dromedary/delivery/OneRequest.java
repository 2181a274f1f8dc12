package io.dromedary.delivery;

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
 * thread: it ends with the attempt, and its answer is read here, while the deadline is watched.
 * What leaves is the status, {@code Retry-After} and, unless the receiver has accepted, the
 * beginning of the body; nothing else of an answer is of use, and nothing of it is kept that a
 * receiver could make as long as it likes.
 *
 * <p>Requests for a token that the client makes in between belong to the attempt, too. Thread-safe.
 */
final class OneRequest implements ExecChainHandler {

  /** An answer that is read to its end lets the connection be used again. */
  private static final int MOST_BODY_BYTES = 1024 * 1024;

  /** A token is not longer. */
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
      // The receiver decides how many they are, and how long the body takes.
      response.setHeaders();
      if (retryAfter != null) {
        answer.addHeader(retryAfter);
      }
      byte[] body = read(entity, scope, isItsOwn);
      // The pool tells so where the connection is kept, before its thread comes to here.
      attempt.answered();
      if (body.length > 0 && !(isItsOwn && response.getCode() < HttpStatus.SC_REDIRECTION)) {
        answer.setEntity(new ByteArrayEntity(body, ContentType.TEXT_PLAIN));
      }
      return answer;
    } catch (Error e) {
      // The client gives no connection back then.
      scope.execRuntime.discardEndpoint();
      throw e;
    } finally {
      // What goes wrong here is only what was left of the answer.
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
      // The connection was of no use any more, and nothing of the request has left: it is made now.
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
        // To close the stream would read on to its end.
        scope.execRuntime.discardEndpoint();
        break;
      }
    }
    return kept;
  }

  /** Looks at a connection when it is there, before anything is sent. */
  ExecChainHandler whenConnected() {
    return (request, scope, chain) -> {
      Attempt attempt = Attempt.current();
      if (attempt != null) {
        attempt.connected();
      }
      return chain.proceed(request, scope);
    };
  }

  /** Sends requests, and learns how far connections may be used again. */
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
          // A receiver that answers once too often does so on all of them.
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

  /** A request was not sent, since the connection for it was of no use any more. */
  private static final class UnsentException extends IOException {

    private static final long serialVersionUID = 1L;

    UnsentException(Exception cause) {
      super(cause.getMessage(), cause);
    }
  }
}
