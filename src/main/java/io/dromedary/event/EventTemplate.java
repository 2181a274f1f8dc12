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
 * Makes an event of a JSON object that is not one, as {@code webhooks.wrap} says. The object
 * becomes the event's {@code properties}, or its {@code traits} if the event is an identify.
 * Immutable.
 */
public final class EventTemplate {

  private final EventType type;
  private final @Nullable String name;

  private EventTemplate(EventType type, @Nullable String name) {
    this.type = type;
    this.name = name;
  }

  /** The template that the settings ask for, or null. */
  public static @Nullable EventTemplate of(Settings settings) {
    return settings.wrap() == null ? null : of(settings.wrap());
  }

  /** Parses a template such as {@code track:Order Placed}, which the settings have checked. */
  static EventTemplate of(String wrap) {
    int colon = wrap.indexOf(':');
    EventType type = EventType.of(colon < 0 ? wrap : wrap.substring(0, colon));
    if (type == null) {
      throw new IllegalArgumentException("expected a type of event, found " + wrap);
    }
    return new EventTemplate(type, colon < 0 ? null : wrap.substring(colon + 1).strip());
  }

  /** Returns whether the template applies to an object: its {@code type}, if any, is no event's. */
  boolean takes(JsonObject object) {
    String own = EventCompletion.string(object, "type");
    return own == null || EventType.ofAnyCase(own) == null;
  }

  /**
   * Makes an event of an object. The object's write key is moved to the event, where it is removed
   * before the event is stored.
   *
   * @param id the event's {@code messageId}, and its {@code anonymousId} if the object has no id of
   *     a user
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
      // Senders know it, but webhooks must not see it.
      put(event, ",", "writeKey", key);
      object.remove("writeKey");
    }
    put(event, ",", type == EventType.IDENTIFY ? "traits" : "properties", object.toValue());
    event.write('}');
    try {
      return new JsonReader(event.toByteArray()).readObject();
    } catch (InvalidJsonException e) {
      // The object is nested one level deeper now, which may be too deep.
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
