package io.dromedary;

import io.dromedary.event.EventType;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A Java SDK with its defaults, except for the endpoint. */
abstract class Sdk implements AutoCloseable {

  /** The SDK's result for each event: {@code delivered}, or the reason why not. */
  final Queue<String> outcomes = new ConcurrentLinkedQueue<>();

  /** Queues an event of user u: track e, page p, screen s, group g, alias of p. */
  abstract void send(EventType type, String messageId, Map<String, ?> properties);

  /** Sends the queued events. */
  abstract void flush();

  /**
   * The event that a webhook gets.
   *
   * @param fields the fields that only this type has
   */
  abstract String delivered(EventType type, String messageId, String fields);

  void succeeded() {
    outcomes.add("delivered");
  }

  void failed(Throwable error) {
    outcomes.add(error.toString());
  }

  @Override
  public abstract void close();

  /** All SDKs, by name. */
  static Sdk start(String name, Application application) {
    return switch (name) {
      case "Segment" -> new SegmentSdk(application);
      case "RudderStack" -> new RudderStackSdk(application);
      default -> throw new IllegalArgumentException(name);
    };
  }

  static final List<EventType> TYPES =
      List.of(
          EventType.IDENTIFY,
          EventType.TRACK,
          EventType.PAGE,
          EventType.SCREEN,
          EventType.GROUP,
          EventType.ALIAS);
}
