package io.dromedary.history;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Hashes a {@code userId} to 64 bits of its SHA-256. With the hash a user's attempts can be found
 * and erased, although the id itself is not in the history.
 */
public final class UserHash {

  private UserHash() {}

  /** Returns the hash of an event's user, or null if the event has none. */
  public static @Nullable Long of(byte[] event) {
    Long hash = null;
    try {
      JsonReader json = new JsonReader(event);
      json.beginObject();
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        if (name.equals("userId")) {
          // If a name occurs twice, the last value counts.
          hash = of(json.read());
        } else {
          json.skip();
        }
      }
    } catch (InvalidJsonException e) {
      // The part before the error decides.
    }
    return hash;
  }

  private static @Nullable Long of(JsonValue id) {
    return switch (id.kind()) {
      case STRING -> hash('s', id.asString());
      case NUMBER -> hash('n', new String(id.toBytes(), UTF_8));
      default -> null;
    };
  }

  /**
   * Returns the hashes to search for: that of the text, and that of the number it may represent.
   */
  static List<Long> ofAsked(String userId) {
    long text = hash('s', userId);
    try {
      JsonReader json = new JsonReader(userId.getBytes(UTF_8));
      JsonValue value = json.read();
      json.end();
      if (value.kind() == JsonKind.NUMBER) {
        return List.of(text, hash('n', new String(value.toBytes(), UTF_8)));
      }
    } catch (InvalidJsonException e) {
      // It is not a number.
    }
    return List.of(text);
  }

  private static long hash(char kind, String id) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return ByteBuffer.wrap(sha256.digest((kind + id).getBytes(UTF_8))).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
