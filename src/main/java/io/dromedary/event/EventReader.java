package io.dromedary.event;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of one message: one pass over its text both validates them and writes them in
 * the form in which they are sent. Not thread-safe: one reader, one message.
 */
final class EventReader {

  /** The longest event, in bytes, as its sender would have it without escapes and white space. */
  static final int MOST_EVENT_BYTES = 32 * 1024;

  /**
   * The longest event, in bytes, when it is complete: with the fields of its batch, and with
   * numbers as JavaScript writes them, which may be four times as long. Many such fit into a batch
   * of ours.
   */
  static final int MOST_COMPLETE_BYTES = MOST_EVENT_BYTES + 1024;

  /** The most events of a batch that comes by HTTP. */
  static final int MOST_BATCH_EVENTS = 2500;

  /**
   * The most bytes that the fields of a batch may come to once they have been merged into each of
   * its events: a short body must not fill the memory.
   */
  static final int MOST_MERGED_BYTES = 8 * 1024 * 1024;

  private final byte[] text;

  /** Of a sender over HTTP: a short body must not become many objects. */
  private final int mostEvents;

  private long mergedBytes;
  private final Supplier<String> ids;
  private @Nullable EventTemplate template;
  private LongConsumer merged = bytes -> {};
  private Predicate<ReadResult> allowed = read -> true;
  private final EventCompletion completion;
  private ReadResult intake = new ReadResult();

  /**
   * A reader of one message.
   *
   * @param now when the message came in
   * @param trusted whether {@code receivedAt} is kept where an event has it: a sender over HTTP
   *     cannot know it, an archive does
   * @param sender the write key that the message came with beside its text, or null
   */
  EventReader(
      byte[] text,
      Instant now,
      boolean trusted,
      DestinationChoice choice,
      @Nullable String sender) {
    this(text, now, trusted, () -> UUID.randomUUID().toString(), choice, sender);
  }

  /** A reader that gives these ids to events that have none. */
  EventReader(
      byte[] text,
      Instant now,
      boolean trusted,
      Supplier<String> ids,
      DestinationChoice choice,
      @Nullable String sender) {
    this.text = text;
    this.ids = ids;
    this.mostEvents = trusted ? Integer.MAX_VALUE : MOST_BATCH_EVENTS;
    this.completion = new EventCompletion(now, trusted, ids, choice, sender);
  }

  /** Somebody is told of bytes that come of the fields of a batch, before they are merged. */
  EventReader tellMerged(LongConsumer told) {
    this.merged = told;
    return this;
  }

  /** Somebody is asked whether a batch with these keys is read on, before its events are made. */
  EventReader askKeys(Predicate<ReadResult> keys) {
    this.allowed = keys;
    return this;
  }

  /** Objects that are no events become some by a template; null: they do not. */
  EventReader wrap(@Nullable EventTemplate by) {
    this.template = by;
    return this;
  }

  /** The text is one event, of that type if its path says so. */
  ReadResult readEvent(@Nullable EventType fromPath) throws InvalidJsonException {
    JsonReader json = new JsonReader(text);
    Element found = Element.read(json, text, 0);
    json.end();
    intake.single();
    add(found, BatchEnvelope.NONE, fromPath);
    return intake;
  }

  /** The text is an object with a {@code batch} of events and fields that count for all of them. */
  ReadResult readBatch() throws InvalidJsonException, InvalidEventException {
    return readBatch(true);
  }

  private ReadResult readBatch(boolean mayHaveType)
      throws InvalidJsonException, InvalidEventException {
    JsonReader json = new JsonReader(text);
    if (json.peek() != JsonKind.OBJECT) {
      throw new InvalidEventException(
          "invalid_batch",
          "expected an object with an array \"batch\", found " + Element.shown(json.peek()));
    }
    List<Element> events = null;
    BatchEnvelope wrapper = new BatchEnvelope();
    json.beginObject();
    for (String name = json.nextName(); name != null; name = json.nextName()) {
      if (name.equals("batch") && json.peek() == JsonKind.ARRAY) {
        events = Element.readAll(json, text, MOST_BATCH_EVENTS);
        if (events.size() > MOST_BATCH_EVENTS) {
          // The rest is not even read: the elements of a short body can fill the memory.
          throw new InvalidEventException(
              "batch_too_long", "expected at most " + MOST_BATCH_EVENTS + " events, found more");
        }
      } else if (name.equals("type") && !mayHaveType) {
        throw new InvalidEventException("invalid_batch", "expected a batch, found an event");
      } else if (template != null && !mayHaveType && !BatchEnvelope.has(name)) {
        throw new InvalidEventException("invalid_batch", "expected a batch, found another object");
      } else {
        wrapper.put(name, json.read());
      }
    }
    json.end();
    if (events == null || events.isEmpty()) {
      throw new InvalidEventException(
          "empty_batch",
          events == null
              ? "expected an array \"batch\" of events, found none"
              : "expected at least one event, found an empty batch");
    }
    events.forEach(found -> noteKey(found.event()));
    if (wrapper.writeKey() != null) {
      intake.writeKey(wrapper.writeKey());
    }
    if (!allowed.test(intake)) {
      throw new UnknownKeyException();
    }
    for (Element found : events) {
      add(found, wrapper, null);
    }
    return intake;
  }

  private void noteKey(@Nullable JsonObject event) {
    String key = event == null ? null : EventCompletion.string(event, "writeKey");
    if (key != null) {
      intake.writeKey(key);
    }
  }

  /**
   * The text is whatever a message or a file may hold: an event, an array of events, a batch as the
   * tracking API takes it, or an event a line. What cannot be read is rejected with its text.
   */
  ReadResult readAny() {
    try {
      JsonReader json = new JsonReader(text);
      if (json.peek() == JsonKind.ARRAY) {
        List<Element> events = Element.readAll(json, text, mostEvents);
        if (events.size() > mostEvents) {
          return tooMany();
        }
        json.end();
        for (Element found : events) {
          add(found, BatchEnvelope.NONE, null);
        }
        if (events.isEmpty()) {
          rejectAll("empty_batch", "expected at least one event, found an empty array");
        }
      } else {
        Element found = Element.read(json, text, 0);
        json.end();
        if (isBatch(found.event())) {
          readBatch();
        } else if (found.refused() == null || !tryBatch()) {
          intake.single();
          add(found, BatchEnvelope.NONE, null);
        }
      }
    } catch (InvalidJsonException e) {
      if (!readLines(0, text.length, false)) {
        rejectAll("invalid_json", String.valueOf(e.getMessage()));
      }
    } catch (InvalidEventException e) {
      rejectAll(e.code(), String.valueOf(e.getMessage()));
    } catch (ReadingBudget.NoRoomException | UnknownKeyException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      // Whatever is wrong with this message or this reader, the next one can do without.
      intake = new ReadResult();
      rejectAll("unreadable", "expected a text that can be read, found one that fails with " + e);
    }
    return intake;
  }

  /** Where objects become events, one with a member that no batch has is such an object. */
  private boolean isBatch(@Nullable JsonObject event) {
    JsonValue batch = event == null ? null : event.get("batch");
    return event != null
        && event.get("type") == null
        && batch != null
        && batch.kind() == JsonKind.ARRAY
        && (template == null || event.size() == BatchEnvelope.count(event) + 1);
  }

  /** Whether what was refused is a batch, of which only an event has to be. */
  private boolean tryBatch() {
    try {
      readBatch(false);
      return true;
    } catch (InvalidJsonException | InvalidEventException e) {
      return false;
    }
  }

  /**
   * Reads an event a line, each on its own.
   *
   * @param always whether the text is known to be lines; otherwise it is taken for lines only if
   *     there are several, of which one at least is a JSON object
   * @return whether it was
   */
  boolean readLines(int from, int to, boolean always) {
    Lines lines = Lines.of(text, from, to);
    if (lines.all().size() > mostEvents) {
      tooMany();
      return true;
    }
    if (!always && !lines.holdObjects()) {
      return false;
    }
    for (int[] line : lines.all()) {
      int index = intake.count();
      try {
        JsonReader json = new JsonReader(text, line[0], line[1]);
        Element found = Element.read(json, text, index);
        json.end();
        add(found, BatchEnvelope.NONE, null);
      } catch (InvalidJsonException e) {
        reject(index, null, "invalid_json", String.valueOf(e.getMessage()), line[0], line[1]);
      } catch (RuntimeException | StackOverflowError e) {
        String message = "expected a line that can be read, found one that fails with " + e;
        reject(index, null, "unreadable", message, line[0], line[1]);
      }
    }
    return true;
  }

  private ReadResult tooMany() {
    rejectAll("batch_too_long", "expected at most " + mostEvents + " events, found more");
    return intake;
  }

  ReadResult intake() {
    return intake;
  }

  private void add(Element found, BatchEnvelope wrapper, @Nullable EventType fromPath) {
    JsonObject event = found.event();
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
      // Most are not even as long with their escapes and white space.
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
      if (complete != null && complete.json().length > MOST_COMPLETE_BYTES) {
        throw new InvalidEventException(
            "event_too_large",
            "expected at most "
                + MOST_COMPLETE_BYTES
                + " bytes with the batch's context and integrations, found "
                + complete.json().length);
      }
      if (complete == null) {
        intake.filter();
      } else {
        intake.accept(complete);
      }
    } catch (InvalidEventException e) {
      reject(
          found.index(),
          messageId,
          e.code(),
          String.valueOf(e.getMessage()),
          found.start(),
          found.end());
    }
  }

  private void rejectAll(String code, String message) {
    intake.single();
    reject(0, null, code, message, 0, text.length);
  }

  private void reject(
      int index, @Nullable String messageId, String code, String message, int from, int to) {
    intake.reject(
        new RejectedEvent(index, messageId, code, message, Arrays.copyOfRange(text, from, to)));
  }
}
