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
 * What is kept of a {@code userId}: 64 bits of its SHA-256, so that a user's attempts are found and
 * can be erased while the id itself is nowhere in the history.
 */
public final class UserHash {

  private UserHash() {}

  /** The hash of the user of an event, or null where it has none. */
  public static @Nullable Long of(byte[] event) {
    Long hash = null;
    try {
      JsonReader json = new JsonReader(event);
      json.beginObject();
      for (String name = json.nextName(); name != null; name = json.nextName()) {
        if (name.equals("userId")) {
          // Of a name that comes twice the last value counts.
          hash = of(json.read());
        } else {
          json.skip();
        }
      }
    } catch (InvalidJsonException e) {
      // It is read so far and no further.
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

  /** The hashes of what an operator may mean: a text, and the number that it looks like. */
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
      // It is no number.
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
