package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The write keys of senders that may use the tracking API, or by which sources are known where
 * everybody may. A key comes in the header {@code Authorization} or in the body. Immutable.
 */
final class WriteKeys {

  private final List<byte[]> keys;

  private final boolean isWanted;

  /**
   * Keys.
   *
   * @param isWanted whether senders have to present one
   */
  WriteKeys(Collection<String> keys, boolean isWanted) {
    this.keys = keys.stream().map(key -> key.getBytes(UTF_8)).toList();
    this.isWanted = isWanted;
  }

  /** Whether the header alone says yes, whatever the body does. */
  boolean hasKnown(@Nullable Object authorization) {
    String key = sender(authorization);
    return !isWanted || (key != null && isKnown(key));
  }

  /** Whether the header alone says no: a stranger's body is not even read. */
  boolean hasUnknown(@Nullable Object authorization) {
    String header = text(authorization);
    return isWanted && isBasic(header) && !isKnown(userOf(header.substring(6).strip()));
  }

  /** The key of the header, which counts whatever the body says; null: the body has to say it. */
  @Nullable String sender(@Nullable Object authorization) {
    String header = text(authorization);
    if (isBasic(header)) {
      return userOf(header.substring(6).strip());
    }
    String token = bearer(header);
    // Some senders have another token there, and the key in the body.
    return token != null && isKnown(token) ? token : null;
  }

  /** Whether a message that came with that header may be taken. */
  boolean allow(@Nullable Object authorization, ReadResult intake) {
    if (!isWanted) {
      return true;
    }
    String header = text(authorization);
    if (isBasic(header)) {
      return isKnown(userOf(header.substring(6).strip()));
    }
    if (!intake.writeKeys().isEmpty()) {
      return intake.writeKeys().stream().allMatch(this::isKnown);
    }
    String token = bearer(header);
    return token != null && isKnown(token);
  }

  private static String text(@Nullable Object authorization) {
    return authorization == null ? "" : authorization.toString().strip();
  }

  private static @Nullable String bearer(String header) {
    return header.regionMatches(true, 0, "Bearer ", 0, 7) ? header.substring(7).strip() : null;
  }

  private static boolean isBasic(String header) {
    return header.regionMatches(true, 0, "Basic ", 0, 6);
  }

  /** The part before the colon; some senders leave the colon out. */
  private static String userOf(String credentials) {
    try {
      String decoded = new String(Base64.getDecoder().decode(credentials), UTF_8);
      int colon = decoded.indexOf(':');
      return colon < 0 ? decoded : decoded.substring(0, colon);
    } catch (IllegalArgumentException e) {
      return "";
    }
  }

  private boolean isKnown(String key) {
    byte[] bytes = key.getBytes(UTF_8);
    boolean known = false;
    for (byte[] writeKey : keys) {
      // Every key is compared in full: the time it takes tells nothing.
      known |= MessageDigest.isEqual(writeKey, bytes);
    }
    return known;
  }
}
