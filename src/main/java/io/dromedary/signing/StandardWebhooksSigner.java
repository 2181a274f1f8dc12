package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Signs according to the Standard Webhooks specification, with the headers {@code webhook-id},
 * {@code webhook-timestamp} (Unix seconds) and {@code webhook-signature}. The last one has a {@code
 * v1} signature for each secret, so that receivers can change theirs at any time during a rotation.
 */
public final class StandardWebhooksSigner implements Signer {

  /** The header of the signatures. */
  public static final String HEADER = "webhook-signature";

  private static final String PREFIX = "whsec_";

  private final List<Hmac> hmacs;

  /**
   * Makes a signer with one or more secrets.
   *
   * @param secrets each in Base64, with or without the prefix {@code whsec_}
   */
  public StandardWebhooksSigner(List<String> secrets) {
    hmacs = secrets.stream().map(secret -> new Hmac("HmacSHA256", key(secret))).toList();
  }

  private static byte[] key(String secret) {
    return Base64.getDecoder()
        .decode(secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret);
  }

  @Override
  public void sign(Payload payload, Instant now, Map<String, Object> headers) {
    String id = MessageIds.asHeader(payload.id());
    String timestamp = Long.toString(now.getEpochSecond());
    headers.put("webhook-id", id);
    headers.put("webhook-timestamp", timestamp);
    headers.put(HEADER, signature(id, timestamp, payload.body()));
  }

  /** Returns the signatures of a body, one for each secret. */
  public String signature(String id, String timestamp, byte[] body) {
    byte[] prefix = (id + "." + timestamp + ".").getBytes(US_ASCII);
    return hmacs.stream()
        .map(hmac -> "v1," + Base64.getEncoder().encodeToString(hmac.hash(prefix, body)))
        .collect(Collectors.joining(" "));
  }
}
