package io.dromedary.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Ids that can be shown and sent. Message ids come from senders, and a header takes fewer
 * characters than they may send.
 */
public final class MessageIds {

  private MessageIds() {}

  /**
   * The id itself where it is made of visible ASCII without a full stop (the separator of what is
   * signed), otherwise a hash of it: no input can break out of a header.
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

  /** What tells a text from others without telling the text: 32 hex digits. */
  public static String fingerprint(String text) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
