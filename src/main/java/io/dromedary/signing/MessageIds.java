package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Converts message ids to a form that can be shown and sent. Senders choose the ids, and may use
 * characters that a header must not contain.
 */
public final class MessageIds {

  private MessageIds() {}

  /**
   * Returns the id itself if it consists of visible ASCII without a full stop (the separator in the
   * signed text), otherwise a hash of it. So no id can break out of its header.
   */
  static String asHeader(String id) {
    for (int i = 0; i < id.length(); i++) {
      char c = id.charAt(i);
      if (c <= ' ' || c >= 0x7f || c == '.') {
        return hash(id);
      }
    }
    return id.isEmpty() ? hash(id) : id;
  }

  private static String hash(String id) {
    return "msg_" + fingerprint(id);
  }

  /** Returns 32 hex digits that identify a text without revealing it. */
  public static String fingerprint(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
