package io.dromedary.delivery.http;

import io.dromedary.delivery.attempt.Attempt;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.apache.hc.client5.http.impl.io.DefaultHttpResponseParserFactory;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.ProtocolException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.HttpMessageParser;
import org.apache.hc.core5.http.io.HttpMessageParserFactory;
import org.apache.hc.core5.http.io.SessionInputBuffer;
import org.apache.hc.core5.http.message.LazyLaxLineParser;

/**
 * Parses the heads of the answers on one connection and bounds their total length. The client
 * itself bounds only the number of headers and the length of each, whose product would be
 * megabytes. Confined to the thread that has the connection.
 */
final class AnswerHead implements HttpMessageParser<ClassicHttpResponse> {

  /** The limit of a head, including the part of the body that was read with it. */
  static final int MOST_BYTES = 64 * 1024;

  /** The bytes that each connection may use without taking from the budget. */
  private static final int FREE_BYTES = 4 * 1024;

  private final HttpMessageParser<ClassicHttpResponse> parser;
  private final HeadBudget budget;

  /**
   * Whether the last answer was informational, so that the final one may already be in the buffer.
   */
  private boolean isInformed;

  private AnswerHead(HttpMessageParser<ClassicHttpResponse> parser, HeadBudget budget) {
    this.parser = parser;
    this.budget = budget;
  }

  /** Returns the factory of the connections' parsers. */
  static HttpMessageParserFactory<ClassicHttpResponse> parsers(
      Http1Config config, HeadBudget budget) {
    // Lazy, because few of an answer's headers are looked at.
    HttpMessageParserFactory<ClassicHttpResponse> parsers =
        new DefaultHttpResponseParserFactory(config, LazyLaxLineParser.INSTANCE, null);
    return new HttpMessageParserFactory<>() {
      @Override
      public HttpMessageParser<ClassicHttpResponse> create() {
        return new AnswerHead(parsers.create(), budget);
      }

      @Override
      @Deprecated
      @SuppressWarnings("InlineMeSuggester") // Nobody calls it by this class.
      public HttpMessageParser<ClassicHttpResponse> create(Http1Config ignored) {
        return create();
      }
    };
  }

  @Override
  public ClassicHttpResponse parse(SessionInputBuffer buffer, InputStream in)
      throws IOException, HttpException {
    if (buffer.length() > 0 && !isInformed) {
      throw new ProtocolException("an answer was there before its request");
    }
    Attempt attempt = Attempt.current();
    if (attempt != null) {
      attempt.reads(buffer);
    }
    BoundedStream bounded = new BoundedStream(in);
    try {
      ClassicHttpResponse answer = parser.parse(buffer, bounded);
      isInformed = answer != null && answer.getCode() < HttpStatus.SC_SUCCESS;
      return answer;
    } finally {
      budget.give(bounded.taken);
    }
  }

  private final class BoundedStream extends FilterInputStream {

    private int total;
    int taken;

    BoundedStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count(read < 0 ? 0 : 1);
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int read = super.read(bytes, offset, length);
      count(Math.max(read, 0));
      return read;
    }

    private void count(int read) throws MessageConstraintException {
      total += read;
      if (total > MOST_BYTES) {
        throw new MessageConstraintException(
            "the head of the answer is longer than " + MOST_BYTES + " bytes");
      }
      int more = total - FREE_BYTES - taken;
      if (more > 0) {
        if (!budget.tryTake(more)) {
          throw new MessageConstraintException(
              "the heads of the answers take more memory than there is for them");
        }
        taken += more;
      }
    }
  }
}
