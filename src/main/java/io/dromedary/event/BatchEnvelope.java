package io.dromedary.event;

import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonValue;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fields of a batch that apply to each of its events. Not thread-safe. */
final class BatchEnvelope {

  /** The envelope of events that come without a batch. Never modified. */
  static final BatchEnvelope NONE = new BatchEnvelope();

  /** The fields that SDKs write beside the events of a batch. */
  private static final List<String> MEMBERS =
      List.of(
          "context",
          "integrations",
          "sentAt",
          "writeKey",
          "messageId",
          "timestamp",
          "receivedAt",
          "requestTimestamp");

  private @Nullable JsonValue context;
  private @Nullable JsonValue integrations;
  private @Nullable JsonValue sentAt;
  private @Nullable Instant sentAtInstant;
  private @Nullable String writeKey;

  /** Returns whether SDKs write a field of this name beside the events of a batch. */
  static boolean has(String name) {
    return MEMBERS.contains(name);
  }

  /** Counts the fields of an object that SDKs write beside the events of a batch. */
  static long count(JsonObject object) {
    return MEMBERS.stream().filter(name -> object.get(name) != null).count();
  }

  void put(String name, JsonValue value) {
    switch (name) {
      case "context" -> context = object(value);
      case "integrations" -> integrations = object(value);
      case "sentAt" -> {
        sentAtInstant = EventCompletion.instant(EventCompletion.string(value));
        sentAt = sentAtInstant == null ? null : value;
      }
      case "writeKey" -> writeKey = EventCompletion.string(value);
      default -> {
        // Fields of the transport, which belong to no event.
      }
    }
  }

  private static @Nullable JsonValue object(JsonValue value) {
    return value.kind() == JsonKind.OBJECT ? value : null;
  }

  @Nullable JsonValue context() {
    return context;
  }

  @Nullable JsonValue integrations() {
    return integrations;
  }

  /** The most bytes by which an event grows when the fields of its batch are merged into it. */
  int mergedBytes() {
    return (context == null ? 0 : context.length())
        + (integrations == null ? 0 : integrations.length());
  }

  /** When the batch was sent, as its sender wrote it; null if it is missing or no valid instant. */
  @Nullable JsonValue sentAt() {
    return sentAt;
  }

  @Nullable Instant sentAtInstant() {
    return sentAtInstant;
  }

  @Nullable String writeKey() {
    return writeKey;
  }
}
