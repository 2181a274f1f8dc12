package io.dromedary.tracking;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.event.ReadResult;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The known write keys. If keys are required, only senders with a known one may use the tracking
 * API. Otherwise a key only identifies its source. A key comes in the header {@code Authorization}
 * or in the body. Immutable.
 */
final class WriteKeys {

  private final List<byte[]> keys;

  private final boolean isWanted;

  /**
   * Makes a set of keys.
   *
   * @param isWanted whether keys are required
   */
  WriteKeys(Collection<String> keys, boolean isWanted) {
    this.keys = keys.stream().map(key -> key.getBytes(UTF_8)).toList();
    this.isWanted = isWanted;
  }

  /** Returns whether the request may be accepted by its header, whatever key the body has. */
  boolean hasKnown(@Nullable Object authorization) {
    String key = sender(authorization);
    return !isWanted || (key != null && isKnown(key));
  }

  /** Returns whether the header is enough to refuse a request, so that its body is not read. */
  boolean hasUnknown(@Nullable Object authorization) {
    String header = text(authorization);
    return isWanted && isBasic(header) && !isKnown(userOf(header.substring(6).strip()));
  }

  /** The header's key, which overrides those in the body, or null if the header has none. */
  @Nullable String sender(@Nullable Object authorization) {
    String header = text(authorization);
    if (isBasic(header)) {
      return userOf(header.substring(6).strip());
    }
    String token = bearer(header);
    // Some senders have another token in the header, and the key in the body.
    return token != null && isKnown(token) ? token : null;
  }

  /** Returns whether a message that came with this header may be accepted. */
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

  /** The user name of Basic credentials. Some senders leave out the colon and the password. */
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
      // Every key is compared in full, in constant time, so the time reveals nothing.
      known |= MessageDigest.isEqual(writeKey, bytes);
    }
    return known;
  }
}
