package io.dromedary.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.json.Utf8;
import java.io.StringReader;
import org.junit.jupiter.api.Test;

class ReaderStreamTest {

  @Test
  void readersAreReadAsText() throws Exception {
    String text = "\ud83d\ude00" + "x\ud83d\ude00".repeat(10_000) + "\ud83d";

    byte[] read = new ReaderStream(new StringReader(text)).readAllBytes();

    assertThat(read).isEqualTo(Utf8.encode(text));
  }
}
