package io.dromedary.delivery;

import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One URL of a destination, and whether it works at present. Thread-safe. */
final class Webhook {

  private static final Logger LOG = LoggerFactory.getLogger(Webhook.class);

  private final String name;
  private final Endpoint endpoint;
  private final AtomicBoolean failing = new AtomicBoolean();

  /**
   * A webhook.
   *
   * @param name what may be shown of it: no path and no query, which often hold a secret
   */
  Webhook(String name, Endpoint endpoint) {
    this.name = name;
    this.endpoint = endpoint;
  }

  String name() {
    return name;
  }

  Endpoint endpoint() {
    return endpoint;
  }

  /** Logs when the webhook begins to fail and when it works again, not each attempt. */
  void report(String destination, Outcome outcome) {
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
