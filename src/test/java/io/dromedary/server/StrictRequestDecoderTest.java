package io.dromedary.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpServerOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrictRequestDecoderTest {

  private final StrictRequestDecoder decoder = new StrictRequestDecoder(new HttpServerOptions());
  private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  /** Sends a text, and returns what was read of it: "head", the content of parts, "end". */
  private List<String> send(String text) {
    channel.writeInbound(Unpooled.copiedBuffer(text, US_ASCII));
    List<String> read = new ArrayList<>();
    for (Object next = channel.readInbound(); next != null; next = channel.readInbound()) {
      if (next instanceof HttpRequest) {
        read.add("head");
      }
      if (next instanceof HttpContent content) {
        read.add(content.content().toString(US_ASCII));
        content.release();
      }
      if (next instanceof LastHttpContent) {
        read.add("end");
      }
    }
    return read;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 10\r\n\r\n12345 67890",
        "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n 5\r\n67890\r\n0\r\n\r\n",
      })
  void theRestOfABodyThatNobodyReadsIsDiscardedUpToItsEnd(String request) {
    String[] parts = request.split("(?<=[\n\\d]) (?=\\d)", 2);

    assertThat(send("POST / HTTP/1.1\r\nHost: a\r\n" + parts[0])).containsExactly("head", "12345");
    decoder.discardBody();

    List<String> rest = send(parts[1]);
    assertThat(rest).endsWith("end");
    assertThat(String.join("", rest)).isEqualTo("end");
  }

  @Test
  void otherwiseABodyIsReadWhole() {
    assertThat(send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n12"))
        .containsExactly("head", "12");
    assertThat(send("3")).containsExactly("3", "end");
  }
}
