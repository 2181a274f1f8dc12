package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.standardwebhooks.Webhook;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tests with any events, secrets and ids that every signature equals the one by the definition of
 * HMAC, that the library of Standard Webhooks verifies it, and that nothing breaks out of a header.
 */
class SignerFuzzTest {

  /** A secret, an id and the events, each after a byte with its length. */
  static Stream<byte[]> seeds() {
    return Stream.of(
        seed("sharedsecretvalue", "m-1", "{\"event\":\"Café ☕ 😀\",\"n\":1}"),
        seed("0123456789abcdef", "a.b", "{}", "{\"a\":1}"),
        seed("k".repeat(64), "m\r\nX-Evil: 1", "{}", "{}", "{}"),
        seed("pässwörd 🐪".repeat(8), "", "[]"),
        seed("k", "é", ""));
  }

  private static byte[] seed(String... parts) {
    ByteArrayOutputStream seed = new ByteArrayOutputStream();
    for (String part : parts) {
      byte[] bytes = part.getBytes(UTF_8);
      seed.write(bytes.length);
      seed.writeBytes(bytes);
    }
    return seed.toByteArray();
  }

  private static byte[] part(ByteBuffer input) {
    int length = input.hasRemaining() ? input.get() & 0xff : 0;
    byte[] part = new byte[Math.min(length, input.remaining())];
    input.get(part);
    return part;
  }

  @MethodSource("seeds")
  @FuzzTest
  void everySignatureIsRight(byte[] bytes) throws Exception {
    ByteBuffer input = ByteBuffer.wrap(bytes);
    byte[] secret = part(input);
    String id = new String(part(input), UTF_8);
    List<byte[]> events = new ArrayList<>(List.of(part(input)));
    while (input.hasRemaining()) {
      events.add(part(input));
    }
    Payload payload =
        events.size() == 1 ? Payload.single(id, events.get(0)) : Payload.batch(id, events);
    checkBody(payload, events);
    checkSharedSecret(new String(secret, UTF_8), payload, events.get(0));
    // Settings accept no other lengths.
    if (secret.length >= 16 && secret.length <= 128) {
      checkStandardWebhooks(secret, payload);
    }
  }

  private static void checkBody(Payload payload, List<byte[]> events) {
    String joined =
        events.stream()
            .map(event -> HexFormat.of().formatHex(event))
            .collect(Collectors.joining(hex(",")));
    assertThat(HexFormat.of().formatHex(payload.body()))
        .isEqualTo(events.size() == 1 ? joined : hex("[") + joined + hex("]"));
  }

  private static String hex(String ascii) {
    return HexFormat.of().formatHex(ascii.getBytes(UTF_8));
  }

  private static void checkSharedSecret(String secret, Payload payload, byte[] first)
      throws NoSuchAlgorithmException {
    if (secret.isBlank()) {
      return; // not a secret
    }
    Map<String, Object> headers = new HashMap<>();
    new SharedSecretSigner(secret).sign(payload, Instant.EPOCH, headers);
    assertThat(headers)
        .isEqualTo(
            Map.of(
                "X-Signature",
                HexFormat.of().formatHex(hmac("SHA-1", secret.getBytes(UTF_8), first))));
  }

  private static void checkStandardWebhooks(byte[] secret, Payload payload) throws Exception {
    String current = "whsec_" + Base64.getEncoder().encodeToString(secret);
    byte[] formerKey = hmac("SHA-256", secret, secret);
    String former = "whsec_" + Base64.getEncoder().encodeToString(formerKey);
    Map<String, Object> headers = new HashMap<>();
    Instant now = Instant.now();
    new StandardWebhooksSigner(List.of(current, former)).sign(payload, now, headers);

    String id = (String) headers.get("webhook-id");
    assertThat(id).matches("[!-~&&[^.]]+");
    String timestamp = Long.toString(now.getEpochSecond());
    byte[] signed = join((id + "." + timestamp + ".").getBytes(UTF_8), payload.body());
    assertThat(headers)
        .isEqualTo(
            Map.of(
                "webhook-id",
                id,
                "webhook-timestamp",
                timestamp,
                "webhook-signature",
                v1(secret, signed) + " " + v1(formerKey, signed)));
    String text = new String(payload.body(), UTF_8);
    if (Arrays.equals(text.getBytes(UTF_8), payload.body())) {
      verify(former, text, headers);
      verify(current, text, headers);
    }
  }

  private static void verify(String secret, String body, Map<String, Object> headers)
      throws Exception {
    Map<String, List<String>> received = new HashMap<>();
    headers.forEach((name, value) -> received.put(name, List.of((String) value)));
    new Webhook(secret).verify(body, received);
  }

  private static String v1(byte[] key, byte[] signed) throws NoSuchAlgorithmException {
    return "v1," + Base64.getEncoder().encodeToString(hmac("SHA-256", key, signed));
  }

  /** Computes an HMAC according to RFC 2104, without the platform's implementation. */
  private static byte[] hmac(String hash, byte[] key, byte[] bytes)
      throws NoSuchAlgorithmException {
    MessageDigest digest = MessageDigest.getInstance(hash);
    byte[] block = Arrays.copyOf(key.length > 64 ? digest.digest(key) : key, 64);
    byte[] inner = digest.digest(join(pad(block, 0x36), bytes));
    return digest.digest(join(pad(block, 0x5c), inner));
  }

  private static byte[] pad(byte[] block, int pad) {
    byte[] padded = block.clone();
    for (int i = 0; i < padded.length; i++) {
      padded[i] ^= (byte) pad;
    }
    return padded;
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] joined = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, joined, one.length, other.length);
    return joined;
  }
}
