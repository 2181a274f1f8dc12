package io.dromedary.delivery;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.apache.camel.Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One URL of a destination, and whether it works at present. Thread-safe. */
final class Webhook {

  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);

  private final String name;
  private final String key;
  private final Endpoint endpoint;
  private final Breaker breaker;
  private final Map<Outcome.Kind, LongAdder> attempts = new EnumMap<>(Outcome.Kind.class);
  private final AtomicBoolean failing = new AtomicBoolean();

  /**
   * A webhook.
   *
   * @param name what may be shown of it: no path and no query, which often hold a secret
   * @param key by which the outbox knows it again after a restart: the same for the same URL
   */
  Webhook(String name, String key, Endpoint endpoint, Breaker breaker) {
    this.name = name;
    this.key = key;
    this.endpoint = endpoint;
    this.breaker = breaker;
    for (Outcome.Kind kind : Outcome.Kind.values()) {
      attempts.put(kind, new LongAdder());
    }
  }

  String name() {
    return name;
  }

  String key() {
    return key;
  }

  Breaker breaker() {
    return breaker;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  /** How many attempts have ended so. */
  LongAdder attempts(Outcome.Kind kind) {
    return Objects.requireNonNull(attempts.get(kind));
  }

  /** Counts an attempt, and logs when the webhook begins to fail and when it works again. */
  void report(String destination, Outcome outcome) {
    attempts(outcome.kind()).increment();
    boolean fails = outcome.kind() != Outcome.Kind.ACCEPTED;
    if (failing.get() != fails && failing.compareAndSet(!fails, fails)) {
      if (fails) {
        LOG.warn("Destination {}: webhook {} fails: {}", destination, name, outcome.reason());
      } else {
        LOG.info("Destination {}: webhook {} accepts again", destination, name);
      }
    }
  }
}
