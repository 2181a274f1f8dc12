package io.dromedary.delivery;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hc.client5.http.classic.ExecChain;
import org.apache.hc.client5.http.classic.ExecChainHandler;
import org.apache.hc.core5.concurrent.Cancellable;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;

/**
 * Ends a whole attempt, from connecting to the last byte of the answer, at its deadline. The HTTP
 * client's own time-outs limit single reads, so a receiver that drips a byte a second would hold a
 * request for as long as it likes.
 *
 * <p>The answer is read here, while the deadline is watched: at most 1 MiB of it, of which an
 * excerpt is kept unless the receiver has accepted. What leaves is the status, {@code Retry-After}
 * and the excerpt; nothing else of an answer is of use.
 *
 * <p>Thread-safe. {@link #expire()} has to be called every few milliseconds.
 */
final class AttemptDeadline implements ExecChainHandler {

  static final int EXCERPT_BYTES = 1024;
  private static final int MOST_ANSWER_BYTES = 1024 * 1024;

  private final Duration timeout;
  private final Set<Attempt> running = ConcurrentHashMap.newKeySet();

  AttemptDeadline(Duration timeout) {
    this.timeout = timeout;
  }

  /** Cancels the attempts whose deadline has passed: their reads and connects end at once. */
  void expire() {
    long now = System.nanoTime();
    for (Attempt attempt : running) {
      if (now - attempt.deadlineNanos >= 0 && attempt.ended.compareAndSet(false, true)) {
        attempt.expired = true;
        attempt.request.cancel();
      }
    }
  }

  @Override
  public ClassicHttpResponse execute(
      ClassicHttpRequest request, ExecChain.Scope scope, ExecChain chain)
      throws IOException, HttpException {
    Attempt attempt =
        new Attempt((Cancellable) scope.originalRequest, System.nanoTime() + timeout.toNanos());
    running.add(attempt);
    try (ClassicHttpResponse response = chain.proceed(request, scope)) {
      // What has been read to its end came in time, however late this thread goes on.
      return excerpt(response, scope);
    } catch (IOException | HttpException | RuntimeException e) {
      if (attempt.expired) {
        throw new AttemptTimeoutException(timeout);
      }
      throw e;
    } finally {
      attempt.ended.set(true);
      running.remove(attempt);
    }
  }

  private static ClassicHttpResponse excerpt(ClassicHttpResponse response, ExecChain.Scope scope)
      throws IOException {
    ClassicHttpResponse answer = new BasicClassicHttpResponse(response.getCode());
    Header retryAfter = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
    if (retryAfter != null) {
      answer.addHeader(retryAfter);
    }
    HttpEntity entity = response.getEntity();
    if (entity != null) {
      byte[] excerpt = new byte[0];
      try (InputStream in = entity.getContent()) {
        if (in != null) {
          excerpt = in.readNBytes(EXCERPT_BYTES);
          if (excerpt.length == EXCERPT_BYTES) {
            readToEnd(in, scope);
          }
        }
      }
      if (excerpt.length > 0 && response.getCode() >= HttpStatus.SC_REDIRECTION) {
        answer.setEntity(new ByteArrayEntity(excerpt, ContentType.TEXT_PLAIN));
      }
    }
    return answer;
  }

  /** Which lets the connection be used again. */
  private static void readToEnd(InputStream in, ExecChain.Scope scope) throws IOException {
    byte[] rest = new byte[8192];
    long total = EXCERPT_BYTES;
    for (int read = in.read(rest); read >= 0; read = in.read(rest)) {
      total += read;
      if (total > MOST_ANSWER_BYTES) {
        // Closing the stream politely would read on for ever.
        scope.execRuntime.discardEndpoint();
        throw new IOException("the answer is longer than " + MOST_ANSWER_BYTES + " bytes");
      }
    }
  }

  private static final class Attempt {

    final Cancellable request;
    final long deadlineNanos;
    final AtomicBoolean ended = new AtomicBoolean();
    volatile boolean expired;

    Attempt(Cancellable request, long deadlineNanos) {
      this.request = request;
      this.deadlineNanos = deadlineNanos;
    }
  }
}
