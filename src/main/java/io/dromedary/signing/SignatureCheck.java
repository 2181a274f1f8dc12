package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonReader;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Checks the signature of a request as a receiver does. If it is wrong, explains what may have
 * happened to the body, the header or the secret. Immutable.
 */
public final class SignatureCheck {

  private static final String PREFIX = "whsec_";

  private final Map<String, String> headers;
  private final byte[] body;
  private final List<String> secrets;

  /**
   * The result of a check.
   *
   * @param isGood whether a receiver has to accept the request
   * @param reason a sentence for an operator, without any secret
   */
  public record Result(boolean isGood, String reason) {}

  /**
   * Makes a check of a request.
   *
   * @param headers its headers, with their names in lower case
   * @param secrets the signing secrets, at least one
   */
  public SignatureCheck(Map<String, String> headers, byte[] body, List<String> secrets) {
    this.headers = Map.copyOf(headers);
    this.body = body.clone();
    this.secrets = List.copyOf(secrets);
  }

  /** Checks the header {@code X-Signature}. */
  public Result sharedSecret() {
    String found = headers.get(SharedSecretSigner.HEADER.toLowerCase(Locale.ROOT));
    if (found == null) {
      return missing(SharedSecretSigner.HEADER);
    }
    String value = found.strip();
    String digits = value.replaceFirst("(?i)^sha1=", "").toLowerCase(Locale.ROOT);
    if (!digits.matches("[0-9a-f]{40}")) {
      return bad(
          "X-Signature has "
              + value.length()
              + " characters, expected 40 hex digits"
              + (digits.matches("[0-9a-f]{64}")
                  ? ": it may be an HMAC of SHA-256, and this is of SHA-1"
                  : ""));
    }
    byte[] first = firstOf(body);
    boolean isBatch = first != null;
    byte[] signed = first == null ? body : first;
    BiPredicate<String, byte[]> fits =
        (secret, bytes) -> equal(new SharedSecretSigner(secret).signature(bytes), digits);
    Result result = check(fits, signed);
    if (result != null && !digits.equals(value)) {
      return bad("X-Signature is right but for its form, expected 40 hex digits in small letters");
    }
    if (result != null) {
      return result;
    }
    if (isBatch && any(fits, body)) {
      return bad("X-Signature is that of the whole batch, expected that of its first event");
    }
    return unknown("X-Signature", fits, signed);
  }

  /**
   * Checks the headers of Standard Webhooks.
   *
   * @param tolerance how far the timestamp may be from now
   */
  public Result standardWebhooks(Instant now, Duration tolerance) {
    String id = headers.get("webhook-id");
    String timestamp = headers.get("webhook-timestamp");
    String signatures = headers.get(StandardWebhooksSigner.HEADER);
    if (id == null || timestamp == null || signatures == null) {
      return missing(
          id == null
              ? "webhook-id"
              : timestamp == null ? "webhook-timestamp" : StandardWebhooksSigner.HEADER);
    }
    if (!timestamp.strip().matches("\\d{1,12}")) {
      return bad("webhook-timestamp: found \"" + timestamp + "\", expected seconds since 1970");
    }
    List<String> values =
        Stream.of(signatures.strip().split("\\s+", -1))
            .filter(each -> each.startsWith("v1,"))
            .toList();
    if (values.isEmpty()) {
      return bad("webhook-signature: found no signature of v1, expected v1,BASE64");
    }
    if (secrets.stream().noneMatch(SignatureCheck::isBase64)) {
      return bad("the secret is not Base64, expected whsec_ and Base64 for Standard Webhooks");
    }
    BiPredicate<String, byte[]> fits =
        (secret, bytes) ->
            isBase64(secret)
                && values.stream()
                    .anyMatch(
                        each ->
                            equal(
                                new StandardWebhooksSigner(List.of(secret))
                                    .signature(id.strip(), timestamp.strip(), bytes),
                                each));
    Result result = check(fits, body);
    if (result == null) {
      return unknown("webhook-signature", fits, body);
    }
    Duration age = Duration.between(Instant.ofEpochSecond(Long.parseLong(timestamp.strip())), now);
    if (result.isGood() && age.abs().compareTo(tolerance) > 0) {
      return bad(
          "webhook-signature is right, but webhook-timestamp is "
              + age.abs().toSeconds()
              + " s "
              + (age.isNegative() ? "ahead of" : "behind")
              + " this clock, expected at most "
              + tolerance.toSeconds()
              + " s");
    }
    return result;
  }

  private static Result bad(String reason) {
    return new Result(false, reason);
  }

  private Result missing(String header) {
    return bad(
        "found no header "
            + header
            + (headers.isEmpty()
                ? ""
                : " but " + String.join(", ", headers.keySet().stream().sorted().toList()))
            + ", expected it");
  }

  private boolean any(BiPredicate<String, byte[]> fits, byte[] bytes) {
    return secrets.stream().anyMatch(secret -> fits.test(secret, bytes));
  }

  /** Returns the good result if a secret's signature of the bytes fits, or null if none does. */
  private @Nullable Result check(BiPredicate<String, byte[]> fits, byte[] bytes) {
    for (int i = 0; i < secrets.size(); i++) {
      if (fits.test(secrets.get(i), bytes)) {
        return new Result(
            true,
            "the signature is right"
                + (secrets.size() == 1 ? "" : ", by secret " + (i + 1) + " of " + secrets.size()));
      }
    }
    return null;
  }

  /** Explains a signature that does not fit, by trying the most frequent mistakes of receivers. */
  private Result unknown(String header, BiPredicate<String, byte[]> fits, byte[] signed) {
    if (signed.length == 0) {
      return bad("the body is empty, expected what was sent");
    }
    int end = signed.length;
    while (end > 0 && Character.isWhitespace(signed[end - 1])) {
      end--;
    }
    byte[] bare = Arrays.copyOf(signed, end);
    if (end < signed.length && any(fits, bare)) {
      return bad(
          header
              + " is right for the body without the line break at its end, which somebody added");
    }
    byte[] compact = compact(signed);
    if (compact != null && any(fits, compact)) {
      return bad(
          header
              + " is right for the same JSON as JSON.stringify writes it: the body was parsed and"
              + " written anew, expected the bytes as they came");
    }
    byte[] latin = new String(signed, UTF_8).getBytes(ISO_8859_1);
    if (any(fits, latin) || any(fits, new String(signed, ISO_8859_1).getBytes(UTF_8))) {
      return bad(
          header + " is right for the body in another encoding, expected its bytes in UTF-8");
    }
    for (String secret : secrets) {
      if (Stream.of(secret.strip(), secret + "\n", secret.replaceFirst("^" + PREFIX, ""))
          .anyMatch(other -> !other.equals(secret) && fits.test(other, signed))) {
        return bad(
            header
                + " is right for the secret without (or with) white space at its end, or without"
                + " whsec_: compare how both sides read it");
      }
    }
    return bad(
        header
            + " is of another secret or of another body: compare the fingerprints of the secrets,"
            + " and sign the bytes as they came");
  }

  private static boolean equal(String one, String other) {
    return MessageDigest.isEqual(one.getBytes(US_ASCII), other.getBytes(UTF_8));
  }

  private static boolean isBase64(String secret) {
    try {
      String text = secret.startsWith(PREFIX) ? secret.substring(PREFIX.length()) : secret;
      return Base64.getDecoder().decode(text).length > 0;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static byte @Nullable [] compact(byte[] text) {
    try {
      JsonReader json = new JsonReader(text);
      byte[] compact = json.read().toBytes();
      json.end();
      return compact;
    } catch (InvalidJsonException e) {
      return null;
    }
  }

  /** Returns the first event of a batch, or null if the body is not a batch. */
  private static byte @Nullable [] firstOf(byte[] text) {
    int start = 0;
    while (start < text.length && Character.isWhitespace(text[start])) {
      start++;
    }
    if (start == text.length || text[start] != '[') {
      return null;
    }
    try {
      JsonReader json = new JsonReader(text);
      json.beginArray();
      if (!json.hasNextElement()) {
        return null;
      }
      return json.read().toBytes();
    } catch (InvalidJsonException e) {
      return null;
    }
  }
}
