package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;

/**
 * Signs with the header {@code X-Signature} as Segment's Webhooks destination does: the HMAC-SHA1
 * of the body, or of the first event of a batch, in lower-case hex digits. The header has room for
 * one signature, so there is one secret.
 */
public final class SharedSecretSigner implements Signer {

  /** The header of the signature. */
  public static final String HEADER = "X-Signature";

  private static final HexFormat HEX = HexFormat.of();

  private final Hmac hmac;

  /** Makes a signer whose key is the secret in UTF-8. */
  public SharedSecretSigner(String secret) {
    hmac = new Hmac("HmacSHA1", secret.getBytes(UTF_8));
  }

  @Override
  public void sign(Payload payload, Instant now, Map<String, Object> headers) {
    headers.put(HEADER, signature(payload.first()));
  }

  /** Returns the signature of an event's bytes. */
  public String signature(byte[] event) {
    return HEX.formatHex(hmac.hash(event));
  }
}
