package io.dromedary.event;

import io.dromedary.json.JsonObject;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Checks and completes the events that an {@link EventReader} finds in a message, and collects them
 * with the rejected ones. Not thread-safe.
 */
final class EventCollector {

  /** The longest event, in bytes, as received but without needless escapes and white space. */
  static final int MOST_EVENT_BYTES = 32 * 1024;

  /**
   * The most bytes that the fields of a batch may add up to after they have been merged into each
   * of its events, so that a short body cannot fill the memory.
   */
  private static final int MOST_MERGED_BYTES = 8 * 1024 * 1024;

  private final byte[] text;
  private final Supplier<String> ids;
  private final EventCompletion completion;
  private @Nullable EventTemplate template;
  private LongConsumer merged = bytes -> {};
  private long mergedBytes;
  private ReadResult result = new ReadResult();

  EventCollector(byte[] text, Supplier<String> ids, EventCompletion completion) {
    this.text = text;
    this.ids = ids;
    this.completion = completion;
  }

  /** Sets a listener for the bytes of batch fields. Called before they are merged into an event. */
  void tellMerged(LongConsumer told) {
    merged = told;
  }

  /** Sets the template that makes events of other objects. Null, the default, rejects them. */
  void wrap(@Nullable EventTemplate by) {
    template = by;
  }

  ReadResult result() {
    return result;
  }

  /** Drops everything that has been collected. */
  void clear() {
    result = new ReadResult();
  }

  /** Records the write keys of a batch and of its events, before they are added. */
  void noteKeys(List<Element> events, BatchEnvelope envelope) {
    events.forEach(found -> noteKey(found.event()));
    if (envelope.writeKey() != null) {
      result.writeKey(envelope.writeKey());
    }
  }

  private void noteKey(@Nullable JsonObject event) {
    String key = event == null ? null : EventCompletion.string(event, "writeKey");
    if (key != null) {
      result.writeKey(key);
    }
  }

  /** Adds the event of a message that is a single event. */
  void addSingle(Element found, @Nullable EventType fromPath) {
    result.single();
    add(found, BatchEnvelope.NONE, fromPath);
  }

  /**
   * Adds an event, or rejects it.
   *
   * @param fromPath the type in the path of the request, or null
   */
  void add(Element found, BatchEnvelope wrapper, @Nullable EventType fromPath) {
    JsonObject event = found.event();
    int mark = event == null ? 0 : event.mark();
    String messageId = null;
    try {
      if (found.refused() != null) {
        throw new InvalidEventException(
            "invalid_json", String.valueOf(found.refused().getMessage()));
      }
      if (event == null) {
        throw new InvalidEventException(
            "invalid_event", "expected a JSON object, found " + Element.shown(found.kind()));
      }
      boolean isPlain = template != null && template.takes(event);
      messageId = isPlain ? null : found.messageId(event, text);
      noteKey(event);
      // Most events are shorter even with their escapes and white space.
      if (found.length() > MOST_EVENT_BYTES && event.length() > MOST_EVENT_BYTES) {
        throw new InvalidEventException(
            "event_too_large",
            "expected at most " + MOST_EVENT_BYTES + " bytes, found " + event.length());
      }
      if (template != null && isPlain) {
        event = template.wrap(event, ids.get());
      }
      mergedBytes += wrapper.mergedBytes();
      if (mergedBytes > MOST_MERGED_BYTES) {
        throw new InvalidEventException(
            "batch_too_large",
            "expected at most "
                + MOST_MERGED_BYTES
                + " bytes of the batch's context and integrations in all its events, found more");
      }
      if (wrapper.mergedBytes() > 0) {
        merged.accept(wrapper.mergedBytes());
      }
      Event complete = completion.complete(event, wrapper, fromPath);
      if (complete != null && complete.json().length > EventReader.MOST_COMPLETE_BYTES) {
        throw new InvalidEventException(
            "event_too_large",
            "expected at most "
                + EventReader.MOST_COMPLETE_BYTES
                + " bytes with the batch's context and integrations, found "
                + complete.json().length);
      }
      if (complete == null) {
        result.filter();
      } else {
        result.accept(complete);
      }
    } catch (InvalidEventException e) {
      reject(
          found.index(),
          messageId,
          e.code(),
          String.valueOf(e.getMessage()),
          found.start(),
          found.end());
    } finally {
      if (found.event() != null) {
        // All events of a batch share a buffer. If each left there what was put into it, the buffer
        // of a long batch would be copied into one of twice its size.
        found.event().reset(mark);
      }
    }
  }

  /** Rejects the whole message. */
  void rejectAll(String code, String message) {
    result.single();
    reject(0, null, code, message, 0, text.length);
  }

  /** Rejects a part of the text. */
  void reject(
      int index, @Nullable String messageId, String code, String message, int from, int to) {
    result.reject(
        new RejectedEvent(index, messageId, code, message, Arrays.copyOfRange(text, from, to)));
  }
}
