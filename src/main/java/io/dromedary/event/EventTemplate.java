package io.dromedary.event;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import io.dromedary.settings.Settings;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes an event of a JSON object that is none, as {@code webhooks.wrap} says: the object becomes
 * the event's {@code properties}, or its {@code traits}. Immutable.
 */
final class EventTemplate {

  private final EventType type;
  private final @Nullable String name;

  private EventTemplate(EventType type, @Nullable String name) {
    this.type = type;
    this.name = name;
  }

  /** The template of these settings, or null if they have none. */
  static @Nullable EventTemplate of(Settings settings) {
    return settings.wrap() == null ? null : of(settings.wrap());
  }

  /** The template of a text such as {@code track:Order Placed}, which the settings have checked. */
  static EventTemplate of(String wrap) {
    int colon = wrap.indexOf(':');
    EventType type = EventType.of(colon < 0 ? wrap : wrap.substring(0, colon));
    if (type == null) {
      throw new IllegalArgumentException("expected a type of event, found " + wrap);
    }
    return new EventTemplate(type, colon < 0 ? null : wrap.substring(colon + 1).strip());
  }

  /** Whether an object has no type of event, as far as it says. */
  boolean takes(JsonObject object) {
    String own = EventCompletion.string(object, "type");
    return own == null || EventType.ofAnyCase(own) == null;
  }

  /**
   * The event of an object, which loses its write key.
   *
   * @param id the event's {@code messageId}, and its {@code anonymousId} if the object says nobody
   */
  JsonObject wrap(JsonObject object, String id) throws InvalidEventException {
    ByteArrayOutputStream event = new ByteArrayOutputStream(object.length() + 200);
    put(event, "{", "type", JsonValue.ofString(type.json()));
    if (name != null) {
      put(event, ",", type == EventType.TRACK ? "event" : "name", JsonValue.ofString(name));
    }
    putId(event, object, "userId");
    putId(event, object, "anonymousId");
    if (!EventCompletion.isId(object, "userId") && !EventCompletion.isId(object, "anonymousId")) {
      put(event, ",", "anonymousId", JsonValue.ofString(id));
    }
    put(event, ",", "messageId", JsonValue.ofString(id));
    JsonValue key = object.get("writeKey");
    if (key != null && key.kind() == JsonKind.STRING) {
      // It is no secret to a sender, but to a webhook.
      put(event, ",", "writeKey", key);
      object.remove("writeKey");
    }
    put(event, ",", type == EventType.IDENTIFY ? "traits" : "properties", object.toValue());
    event.write('}');
    try {
      return new JsonReader(event.toByteArray()).readObject();
    } catch (InvalidJsonException e) {
      // It is one bracket deeper than it was.
      throw new InvalidEventException("invalid_json", String.valueOf(e.getMessage()));
    }
  }

  private static void putId(ByteArrayOutputStream event, JsonObject object, String name) {
    JsonValue id = object.get(name);
    if (id != null && EventCompletion.isId(object, name)) {
      put(event, ",", name, id);
    }
  }

  private static void put(
      ByteArrayOutputStream event, String before, String name, JsonValue value) {
    event.writeBytes((before + "\"" + name + "\":").getBytes(UTF_8));
    event.writeBytes(value.toBytes());
  }
}
