package io.dromedary.outbox;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.UUID;

/**
 * What is remembered of a messageId at a destination: the first 128 bits of the SHA-256 of both. A
 * sender chooses its ids, so only a cryptographic hash keeps one from being taken for another.
 *
 * @param high the first 64 bits
 * @param low the last 64 bits
 */
record Fingerprint(long high, long low) {

  private static final int BYTES = 16;

  /**
   * Never written to: a clone costs less than a lookup and, unlike a thread-local, stays nowhere.
   */
  private static final MessageDigest SHA_256 = sha256();

  /** The zero byte, which no destination's name has, keeps "a" + "bc" and "ab" + "c" apart. */
  static Fingerprint of(String destination, String messageId) {
    byte[] hashed = encode(destination + '\0' + messageId);
    try {
      return read(ByteBuffer.wrap(((MessageDigest) SHA_256.clone()).digest(hashed)));
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's own SHA-256 can be cloned", e);
    }
  }

  /** The inverse of {@link #toBytes()}, of the next sixteen bytes. */
  static Fingerprint read(ByteBuffer bytes) {
    return new Fingerprint(bytes.getLong(), bytes.getLong());
  }

  /** The bits in order, big-endian: sixteen bytes. */
  byte[] toBytes() {
    return ByteBuffer.allocate(BYTES).putLong(high).putLong(low).array();
  }

  /** The same bits as PostgreSQL's {@code uuid}; version and variant are not those of a UUID. */
  UUID toUuid() {
    return new UUID(high, low);
  }

  /**
   * UTF-8 makes a question mark of half a surrogate pair that stands alone, as JSON allows, and so
   * one id of two. Such a text is hashed as its chars are, starting with a zero byte, as no other.
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
