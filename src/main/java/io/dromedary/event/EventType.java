package io.dromedary.event;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The types of events, with what an event of the type must have beside somebody's id. */
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

  /** The type of that name, or null. */
  public static @Nullable EventType of(String json) {
    for (EventType type : values()) {
      if (type.json.equals(json)) {
        return type;
      }
    }
    return null;
  }

  /** The type that a sender may mean who writes it in capitals, or null. */
  static @Nullable EventType ofAnyCase(String name) {
    // Beyond ASCII, other letters have lower cases within it.
    return name.chars().allMatch(c -> c < 0x80) ? of(name.toLowerCase(Locale.ROOT)) : null;
  }

  /** The names of all, as a message has them. */
  public static String all() {
    return Arrays.stream(values()).map(EventType::json).collect(Collectors.joining(", "));
  }
}
