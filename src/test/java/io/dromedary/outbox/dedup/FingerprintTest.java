package io.dromedary.outbox.dedup;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FingerprintTest {

  @Test
  void staysWhatItIs() {
    // Stores contain it, so it must not change: printf 'default\0msg-1' | sha256sum | cut -c 1-32
    assertThat(HexFormat.of().formatHex(Fingerprint.of("default", "msg-1").toBytes()))
        .isEqualTo("4b7e28643c57a6e9865a354aa8ccba24");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "\0", "ä€", "\ud83d\udc2a"})
  void isTheFirst128BitsOfTheSha256OfBothWithAZeroByteBetween(String messageId) throws Exception {
    byte[] sha256 =
        MessageDigest.getInstance("SHA-256").digest(("crm\0" + messageId).getBytes(UTF_8));
    assertThat(Fingerprint.of("crm", messageId).toBytes()).isEqualTo(Arrays.copyOf(sha256, 16));
  }

  @Test
  void differsByDestinationAndById() {
    assertThat(
            List.of(
                Fingerprint.of("a", "bc"),
                Fingerprint.of("ab", "c"),
                Fingerprint.of("abc", ""),
                Fingerprint.of("a", "bd"),
                Fingerprint.of("a", "BC")))
        .doesNotHaveDuplicates();
  }

  @Test
  void differsByHalvesOfSurrogatePairs() {
    assertThat(
            List.of(
                Fingerprint.of("a", "\ud83d"),
                Fingerprint.of("a", "\udc2a"),
                Fingerprint.of("a", "\udc2a\ud83d"),
                Fingerprint.of("a", "\ud83d\udc2a"),
                Fingerprint.of("a", "?"),
                Fingerprint.of("a", "\ufffd")))
        .doesNotHaveDuplicates();
    assertThat(Fingerprint.of("a", "\ud83d")).isEqualTo(Fingerprint.of("a", "\ud83d"));
  }

  @Test
  void goesThroughBytesAndUuid() {
    byte[] bytes = HexFormat.of().parseHex("fedcba98765432100123456789abcdef");
    Fingerprint fingerprint = Fingerprint.read(ByteBuffer.wrap(bytes));
    assertThat(fingerprint).isEqualTo(new Fingerprint(0xfedcba9876543210L, 0x0123456789abcdefL));
    assertThat(fingerprint.toBytes()).isEqualTo(bytes);
    assertThat(fingerprint.toUuid())
        .isEqualTo(UUID.fromString("fedcba98-7654-3210-0123-456789abcdef"));
  }

  @Test
  void manyThreadsShareThePrototype() {
    List<Fingerprint> expected =
        IntStream.range(0, 20_000).mapToObj(i -> Fingerprint.of("a", "id-" + i)).toList();
    assertThat(
            IntStream.range(0, 20_000)
                .parallel()
                .mapToObj(i -> Fingerprint.of("a", "id-" + i))
                .toList())
        .isEqualTo(expected);
  }
}
