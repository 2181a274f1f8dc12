package io.dromedary.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Checks {@code X-Signature} as a receiver does that hashes the bytes that arrived. It shares no
 * code with the signer, so that both cannot be wrong in the same way.
 */
public final class Signatures {

  private static final JsonFactory JSON = new JsonFactory();

  private Signatures() {}

  /** Whether the request carries exactly one {@code X-Signature}, and the right one. */
  public static boolean verifies(String secret, Request request) {
    return request.headers("X-Signature").equals(List.of(expected(secret, request.body())));
  }

  /** The signature that belongs to the body: over its first event if it is an array. */
  public static String expected(String secret, byte[] body) {
    boolean batch = body.length > 0 && body[0] == '[';
    return hmacSha1(secret, batch ? firstEvent(body) : body);
  }

  /** Lower-case hex HMAC-SHA1 of the bytes. */
  public static String hmacSha1(String secret, byte[] bytes) {
    try {
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(secret.getBytes(UTF_8), "HmacSHA1"));
      return HexFormat.of().formatHex(mac.doFinal(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The bytes of the first object of a JSON array, cut out as they stand.
   *
   * @throws IllegalArgumentException if the body is not an array that starts with an object
   */
  public static byte[] firstEvent(byte[] batch) {
    try (JsonParser parser = JSON.createParser(batch)) {
      if (parser.nextToken() != JsonToken.START_ARRAY
          || parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IllegalArgumentException(
            "expected a JSON array of events, but found: " + new String(batch, UTF_8));
      }
      int start = (int) parser.currentTokenLocation().getByteOffset();
      parser.skipChildren();
      int end = (int) parser.currentLocation().getByteOffset();
      return Arrays.copyOfRange(batch, start, end);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
