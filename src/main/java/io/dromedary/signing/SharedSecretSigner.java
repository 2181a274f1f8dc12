package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;

/**
 * {@code X-Signature} as Segment's Webhooks destination sends it: lower-case hex HMAC-SHA1 over the
 * body, or over the first event of a batch. It carries one signature, so it takes one secret.
 */
public final class SharedSecretSigner implements Signer {

  /** The header of the signature. */
  public static final String HEADER = "X-Signature";

  private static final HexFormat HEX = HexFormat.of();

  private final Hmac hmac;

  /** A signer with the secret's UTF-8 bytes as the key. */
  public SharedSecretSigner(String secret) {
    hmac = new Hmac("HmacSHA1", secret.getBytes(UTF_8));
  }

  @Override
  public void sign(Payload payload, Instant now, Map<String, Object> headers) {
    headers.put(HEADER, signature(payload.first()));
  }

  /** The signature of an event's bytes. */
  public String signature(byte[] event) {
    return HEX.formatHex(hmac.hash(event));
  }
}
