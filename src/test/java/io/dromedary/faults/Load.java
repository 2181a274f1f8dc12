package io.dromedary.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The events of a run. They are sent as senders do it that want none to be lost: again, until they
 * are told that they are taken.
 */
abstract class Load {

  /** At the end of an event's id: what webhooks are to answer. */
  static final String OK = "ok";

  static final String ONCE = "once";
  static final String TWICE = "twice";
  static final String BAD = "bad";

  /** No event at all. */
  static final String INVALID = "invalid";

  /** To a host's own queue. */
  static final String HOST = "host";

  /** In what is refused, whatever happens. */
  static final String FORGED = "FORGED";

  private static final long PAUSE_NANOS = 50_000_000;

  private final Webhooks webhooks;
  private final Set<String> accepted = new LinkedHashSet<>();
  private final AtomicInteger number = new AtomicInteger();
  private final String prefix;
  private final long endNanos;

  Load(Webhooks webhooks, String prefix, long mostNanos) {
    this.webhooks = webhooks;
    this.prefix = prefix;
    this.endNanos = System.nanoTime() + mostNanos;
  }

  /** Sends everything, and returns the ids of what was accepted. */
  final Set<String> send() throws Exception {
    sendAll();
    return accepted;
  }

  abstract void sendAll() throws Exception;

  /** One attempt to send: null if it was accepted, otherwise why not. */
  interface Attempt extends Callable<@Nullable String> {}

  /** Sends until it is accepted. */
  final void deliver(Attempt attempt, String... ids) throws Exception {
    String why = attempt.call();
    while (why != null) {
      if (System.nanoTime() - endNanos > 0) {
        throw new AssertionError("not accepted: " + why);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
      why = attempt.call();
    }
    accepted.addAll(Set.of(ids));
  }

  final String id(String plan) {
    return prefix + "-" + number.incrementAndGet() + "-" + plan;
  }

  /** An event that is complete but for what every event is given. */
  final String event(String id) {
    String text =
        ("{\"type\":\"track\",\"event\":\"%s\",\"userId\":\"u\",\"messageId\":\"%s\","
                + "\"timestamp\":\"2026-01-31T12:00:00.000Z\","
                + "\"properties\":{\"text\":\"\\\"%s\\\" é\",\"filler\":\"%s\"}}")
            .formatted(Masking.CLEAR, id, id, "x".repeat(200));
    webhooks.expect(id, text);
    return text;
  }

  final void expect(String id, Map<String, Object> structure) {
    webhooks.expect(id, structure);
  }

  /** Without anybody whom it is about. */
  static String invalid(String id) {
    return "{\"type\":\"track\",\"event\":\"%s\",\"messageId\":\"%s\"}".formatted(FORGED, id);
  }

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }
}
