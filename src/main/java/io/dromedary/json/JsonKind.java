package io.dromedary.json;

import org.jspecify.annotations.Nullable;

/** The kind of a {@link JsonValue}, or of the next value in the text of a {@link JsonReader}. */
public enum JsonKind {
  OBJECT,
  ARRAY,
  STRING,
  NUMBER,
  TRUE,
  FALSE,
  NULL,
  /** No value, since only white space is left. */
  END;

  /** The kind of value that begins with this byte; null if none does, {@link #END} for -1. */
  static @Nullable JsonKind of(int first) {
    return switch (first) {
      case '{' -> OBJECT;
      case '[' -> ARRAY;
      case '"' -> STRING;
      case 't' -> TRUE;
      case 'f' -> FALSE;
      case 'n' -> NULL;
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> NUMBER;
      case -1 -> END;
      default -> null;
    };
  }
}
