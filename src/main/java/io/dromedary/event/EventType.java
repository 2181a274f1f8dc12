package io.dromedary.event;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A type of event, with the field that an event of this type must have beside a user's id. */
public enum EventType {
  PAGE(null),
  SCREEN(null),
  IDENTIFY(null),
  TRACK("event"),
  ALIAS("previousId"),
  GROUP("groupId"),
  DELETE(null);

  private final String json = name().toLowerCase(Locale.ROOT);
  private final @Nullable String required;

  EventType(@Nullable String required) {
    this.required = required;
  }

  /** The value of the field {@code type}. */
  public String json() {
    return json;
  }

  /** The name of the field that events of the type must have, or null. */
  @Nullable String required() {
    return required;
  }

  /** The type of this name, or null if there is none. */
  public static @Nullable EventType of(String json) {
    for (EventType type : values()) {
      if (type.json.equals(json)) {
        return type;
      }
    }
    return null;
  }

  /** The type of this name in lower or upper case, or null if there is none. */
  static @Nullable EventType ofAnyCase(String name) {
    // Some letters outside ASCII have a lower case within ASCII.
    return name.chars().allMatch(c -> c < 0x80) ? of(name.toLowerCase(Locale.ROOT)) : null;
  }

  /** The names of all types, separated by commas, for error messages. */
  public static String all() {
    return Arrays.stream(values()).map(EventType::json).collect(Collectors.joining(", "));
  }
}
