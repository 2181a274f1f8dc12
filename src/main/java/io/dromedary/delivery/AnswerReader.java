package io.dromedary.delivery;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.EntityDetails;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.nio.AsyncResponseConsumer;
import org.apache.hc.core5.http.nio.CapacityChannel;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.jspecify.annotations.Nullable;

/**
 * Reads one answer to its end, which lets the connection be used again, but at most 1 MiB of it.
 * Confined to the I/O thread of the connection.
 */
final class AnswerReader implements AsyncResponseConsumer<WebhookAnswer> {

  static final int EXCERPT_BYTES = Outcome.EXCERPT_BYTES;
  private static final int MOST_BYTES = 1024 * 1024;
  private static final byte[] NOTHING = {};

  private int status;
  private @Nullable String retryAfter;
  private byte[] excerpt = NOTHING;
  private int length;
  private @Nullable FutureCallback<WebhookAnswer> callback;

  @Override
  public void consumeResponse(
      HttpResponse response,
      @Nullable EntityDetails body,
      HttpContext context,
      FutureCallback<WebhookAnswer> whenRead) {
    status = response.getCode();
    Header header = response.getFirstHeader(HttpHeaders.RETRY_AFTER);
    retryAfter = header == null ? null : header.getValue();
    callback = whenRead;
    if (body == null) {
      streamEnd(null);
    }
  }

  @Override
  public void informationResponse(HttpResponse response, HttpContext context) {
    // That the receiver works on it is not of interest.
  }

  @Override
  public void updateCapacity(CapacityChannel channel) throws IOException {
    channel.update(Integer.MAX_VALUE);
  }

  @Override
  public void consume(ByteBuffer part) throws IOException {
    if (status >= HttpStatus.SC_REDIRECTION && excerpt.length < EXCERPT_BYTES) {
      int kept = excerpt.length;
      int more = Math.min(part.remaining(), EXCERPT_BYTES - kept);
      excerpt = Arrays.copyOf(excerpt, kept + more);
      part.duplicate().get(excerpt, kept, more);
    }
    length += part.remaining();
    part.position(part.limit());
    if (length > MOST_BYTES) {
      throw new IOException("the answer is longer than " + MOST_BYTES + " bytes");
    }
  }

  @Override
  public void streamEnd(@Nullable List<? extends Header> trailers) {
    FutureCallback<WebhookAnswer> reader = callback;
    if (reader != null) {
      reader.completed(new WebhookAnswer(status, retryAfter, excerpt));
    }
  }

  @Override
  public void failed(Exception cause) {
    // The future fails, too.
  }

  @Override
  public void releaseResources() {
    callback = null;
  }
}
