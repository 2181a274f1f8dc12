package io.dromedary.outbox.dedup;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * Identifies a messageId at a destination by the first 128 bits of the SHA-256 of both. Senders
 * choose their ids, so only a cryptographic hash prevents deliberate collisions.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
public record Fingerprint(long high, long low) {

  private static final int BYTES = 16;

  /**
   * Only cloned, never used itself. A clone is cheaper than a lookup, and unlike a thread-local it
   * leaves nothing behind in the thread.
   */
  private static final MessageDigest SHA_256 = sha256();

  /**
   * Returns the fingerprint of an id. The text that is hashed has a zero between its parts, which
   * no destination's name contains, so that "a" + "bc" differs from "ab" + "c".
   */
  public static Fingerprint of(String destination, String messageId) {
    byte[] hashed = encode(destination + '\0' + messageId);
    try {
      return read(ByteBuffer.wrap(((MessageDigest) SHA_256.clone()).digest(hashed)));
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's own SHA-256 can be cloned", e);
    }
  }

  /** Reads the next sixteen bytes, as written by {@link #toBytes()}. */
  static Fingerprint read(ByteBuffer bytes) {
    return new Fingerprint(bytes.getLong(), bytes.getLong());
  }

  /** The fingerprint as sixteen bytes, big-endian. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
  }

  /** The same bits for PostgreSQL's type {@code uuid}; they form no valid version and variant. */
  UUID toUuid() {
    return new UUID(high, low);
  }

  /**
   * Encodes a text without collisions. JSON allows an unpaired surrogate, which UTF-8 would replace
   * by a question mark, so that different ids would become equal. Such a text is encoded as its
   * UTF-16 chars, whose first byte is zero, unlike that of any other text.
   */
  private static byte[] encode(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    if (new String(utf8, UTF_8).equals(text)) {
      return utf8;
    }
    ByteBuffer chars = ByteBuffer.allocate(Character.BYTES * text.length());
    chars.asCharBuffer().put(text);
    return chars.array();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
