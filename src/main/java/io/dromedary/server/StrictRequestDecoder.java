package io.dromedary.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ByteProcessor;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.List;

/**
 * Refuses a header that continues on a second line (obsolete line folding). One server may read it
 * as one line, as Netty does, and another in front of it as two, so they would see different
 * headers. Netty itself refuses everything else that is ambiguous in a head.
 *
 * <p>Confined to the thread of its connection.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {

  private static final String NAME = "httpDecoder";

  private boolean isInHead = true;
  private boolean discards;
  private final Head head = new Head();

  StrictRequestDecoder(HttpServerOptions options) {
    super(options);
  }

  /** Replaces the decoder of a new connection. */
  static void in(ChannelPipeline pipeline, HttpServerOptions options) {
    if (pipeline.get(NAME) != null) {
      pipeline.replace(NAME, NAME, new StrictRequestDecoder(options));
    }
  }

  /** Discards the rest of the body that a connection is sending. It has to be closed after it. */
  static void discardBody(HttpConnection connection) {
    if (connection instanceof ConnectionBase base
        && base.channel().pipeline().get(NAME) instanceof StrictRequestDecoder decoder) {
      decoder.discardBody();
    }
  }

  /**
   * Discards what arrives from now on. Otherwise Vert.x would copy each part of a body that nobody
   * reads to the heap: under overload most of what is received is refused.
   */
  void discardBody() {
    discards = true;
  }

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out)
      throws Exception {
    // Each call consumes all bytes of a head that have arrived, so no byte is looked at twice.
    if (isInHead && in.forEachByte(head) >= 0) {
      isInHead = false;
      if (head.isFolded) {
        HttpMessage invalid = createInvalidMessage();
        invalid.setDecoderResult(
            DecoderResult.failure(new IllegalArgumentException("a header of two lines")));
        in.skipBytes(in.readableBytes());
        out.add(invalid);
        return;
      }
    }
    super.decode(context, in, out);
    if (discards) {
      out.replaceAll(StrictRequestDecoder::withoutContent);
    }
    if (!out.isEmpty() && out.get(out.size() - 1) instanceof LastHttpContent) {
      isInHead = true;
      head.begin();
    }
  }

  private static Object withoutContent(Object message) {
    if (message instanceof HttpContent content && !(message instanceof HttpMessage)) {
      content.release();
      return message instanceof LastHttpContent
          ? LastHttpContent.EMPTY_LAST_CONTENT
          : new DefaultHttpContent(Unpooled.EMPTY_BUFFER);
    }
    return message;
  }

  /** Scans a head until it ends or a header is folded. */
  private static final class Head implements ByteProcessor {

    private boolean hasLine;
    private boolean isLineEmpty = true;
    private boolean isFolded;

    void begin() {
      hasLine = false;
      isLineEmpty = true;
    }

    @Override
    public boolean process(byte each) {
      if (each == '\n') {
        boolean isEnd = isLineEmpty && hasLine;
        isLineEmpty = true;
        return !isEnd;
      }
      if (each == '\r') {
        return true;
      }
      if (isLineEmpty && hasLine && (each == ' ' || each == '\t')) {
        isFolded = true;
        return false;
      }
      isLineEmpty = false;
      hasLine = true;
      return true;
    }
  }
}
