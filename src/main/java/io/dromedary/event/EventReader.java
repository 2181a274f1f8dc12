package io.dromedary.event;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonKind;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of one message. A single pass over its text validates the events and writes them
 * in the form in which they are sent. Not thread-safe; a reader reads one message.
 */
public final class EventReader {

  /** The memory for a text, in multiples of its length: the text, its JSON values, its events. */
  public static final int COPIES = 4;

  /**
   * The longest complete event, in bytes: with the fields of its batch, and with numbers as
   * JavaScript writes them, which may be four times as long. A batch that is sent to a webhook has
   * room for many events of this size.
   */
  public static final int MOST_COMPLETE_BYTES = EventCollector.MOST_EVENT_BYTES + 1024;

  /** The most events in a batch that is received over HTTP. */
  public static final int MOST_BATCH_EVENTS = 2500;

  private final byte[] text;

  /** Limited for senders over HTTP, so that a short body cannot become many objects. */
  private final int mostEvents;

  private final EventCollector collector;
  private @Nullable EventTemplate template;
  private Predicate<ReadResult> allowed = read -> true;

  /**
   * Makes a reader of one message that gives random ids to events without one.
   *
   * @param now when the message came in
   * @param trusted whether a {@code receivedAt} in an event is kept. An archive knows it, a sender
   *     over HTTP cannot.
   * @param sender the write key that came beside the text, or null
   */
  public EventReader(
      byte[] text,
      Instant now,
      boolean trusted,
      DestinationChoice choice,
      @Nullable String sender) {
    this(text, now, trusted, () -> UUID.randomUUID().toString(), choice, sender);
  }

  /** Makes a reader of one message that gives the supplied ids to events without one. */
  public EventReader(
      byte[] text,
      Instant now,
      boolean trusted,
      Supplier<String> ids,
      DestinationChoice choice,
      @Nullable String sender) {
    this.text = text;
    this.mostEvents = trusted ? Integer.MAX_VALUE : MOST_BATCH_EVENTS;
    this.collector =
        new EventCollector(text, ids, new EventCompletion(now, trusted, ids, choice, sender));
  }

  /** Sets a listener for the bytes of batch fields. Called before they are merged into an event. */
  public EventReader tellMerged(LongConsumer told) {
    collector.tellMerged(told);
    return this;
  }

  /** Sets a check of a batch's write keys. If it fails, the events of the batch are not made. */
  public EventReader askKeys(Predicate<ReadResult> keys) {
    this.allowed = keys;
    return this;
  }

  /** Sets the template that makes events of other objects. Null, the default, rejects them. */
  public EventReader wrap(@Nullable EventTemplate by) {
    this.template = by;
    collector.wrap(by);
    return this;
  }

  /**
   * Reads a text that is one event.
   *
   * @param fromPath the event's type according to the request's path, or null
   * @throws InvalidJsonException if the text is not valid JSON
   */
  public ReadResult readEvent(@Nullable EventType fromPath) throws InvalidJsonException {
    JsonReader json = new JsonReader(text);
    Element found = Element.read(json, text, 0);
    json.end();
    collector.addSingle(found, fromPath);
    return collector.result();
  }

  /**
   * Reads a text that is an object with a {@code batch} of events and fields that apply to all of
   * them.
   *
   * @throws InvalidJsonException if the text is not valid JSON
   * @throws InvalidEventException if it is not a batch, or an empty or too long one
   * @throws UnknownKeyException if the check of its write keys fails
   */
  public ReadResult readBatch() throws InvalidJsonException, InvalidEventException {
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
          // The rest is not read, because the elements of a short body can fill the memory.
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
    collector.noteKeys(events, wrapper);
    if (!allowed.test(collector.result())) {
      throw new UnknownKeyException();
    }
    for (Element found : events) {
      collector.add(found, wrapper, null);
    }
    return collector.result();
  }

  /**
   * Reads a text in any form that a message or a file may have: an event, an array of events, a
   * batch as the tracking API takes it, or an event a line. Text that cannot be read becomes a
   * rejected event.
   */
  public ReadResult readAny() {
    try {
      JsonReader json = new JsonReader(text);
      if (json.peek() == JsonKind.ARRAY) {
        List<Element> events = Element.readAll(json, text, mostEvents);
        if (events.size() > mostEvents) {
          return tooMany();
        }
        json.end();
        for (Element found : events) {
          collector.add(found, BatchEnvelope.NONE, null);
        }
        if (events.isEmpty()) {
          collector.rejectAll("empty_batch", "expected at least one event, found an empty array");
        }
      } else {
        Element found = Element.read(json, text, 0);
        json.end();
        if (isBatch(found.event())) {
          readBatch();
        } else if (found.refused() == null || !tryBatch()) {
          collector.addSingle(found, null);
        }
      }
    } catch (InvalidJsonException e) {
      if (!readLines(0, text.length, false)) {
        collector.rejectAll("invalid_json", String.valueOf(e.getMessage()));
      }
    } catch (InvalidEventException e) {
      collector.rejectAll(e.code(), String.valueOf(e.getMessage()));
    } catch (NotEnoughMemoryException | UnknownKeyException e) {
      throw e;
    } catch (RuntimeException | StackOverflowError e) {
      // A fault in this reader must not keep the source from its next message.
      collector.clear();
      String message = "expected a text that can be read, found one that fails with " + e;
      collector.rejectAll("unreadable", message);
    }
    return collector.result();
  }

  /** Returns whether an object is a batch. With a template, it may have a batch's fields only. */
  private boolean isBatch(@Nullable JsonObject event) {
    JsonValue batch = event == null ? null : event.get("batch");
    return event != null
        && event.get("type") == null
        && batch != null
        && batch.kind() == JsonKind.ARRAY
        && (template == null || event.size() == BatchEnvelope.count(event) + 1);
  }

  /** Tries to read a text, of which a part is not valid, as a batch. Returns false if it is not. */
  private boolean tryBatch() {
    try {
      readBatch(false);
      return true;
    } catch (InvalidJsonException | InvalidEventException e) {
      return false;
    }
  }

  /**
   * Reads one event a line. A line that cannot be read does not affect the others.
   *
   * @param always whether the text is known to have an event a line. Otherwise it is read like that
   *     only if there are several lines and at least one of them is a JSON object.
   * @return whether the text was read
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
      int index = collector.result().count();
      try {
        JsonReader json = new JsonReader(text, line[0], line[1]);
        Element found = Element.read(json, text, index);
        json.end();
        collector.add(found, BatchEnvelope.NONE, null);
      } catch (InvalidJsonException e) {
        String message = String.valueOf(e.getMessage());
        collector.reject(index, null, "invalid_json", message, line[0], line[1]);
      } catch (RuntimeException | StackOverflowError e) {
        String message = "expected a line that can be read, found one that fails with " + e;
        collector.reject(index, null, "unreadable", message, line[0], line[1]);
      }
    }
    return true;
  }

  private ReadResult tooMany() {
    collector.rejectAll("batch_too_long", "expected at most " + mostEvents + " events, found more");
    return collector.result();
  }

  ReadResult result() {
    return collector.result();
  }
}
