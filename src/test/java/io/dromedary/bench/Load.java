package io.dromedary.bench;

import java.time.Duration;

/**
 * What is sent and where to, written {@code SIZE/BATCH/WEBHOOKS/DELAY}.
 *
 * @param size of the events, {@code small} (0.4 kB) or {@code large} (7.3 kB)
 * @param batch how many events a post to Dromedary carries
 * @param webhooks how many receivers each event goes to, all of which have to accept it
 * @param delay how many milliseconds a receiver waits before it answers
 */
record Load(String size, int batch, int webhooks, Duration delay) {

  static Load of(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length != 4 || !(parts[0].equals("small") || parts[0].equals("large"))) {
      throw new IllegalArgumentException(
          "bench.loads has \"" + text + "\", expected small or large/BATCH/WEBHOOKS/DELAY");
    }
    return new Load(
        parts[0],
        Integer.parseInt(parts[1]),
        Integer.parseInt(parts[2]),
        Duration.ofMillis(Integer.parseInt(parts[3])));
  }

  /** As a child is told. */
  String text() {
    return size + "/" + batch + "/" + webhooks + "/" + delay.toMillis();
  }

  Events events() {
    return size.equals("small") ? Events.small() : Events.large();
  }

  /** How many events are sent in a round of which a plain load has so many. */
  int scaled(int events) {
    int weight = webhooks * (size.equals("large") ? 4 : 1) * (delay.isZero() ? 1 : 2);
    return events / weight / 100 * 100;
  }

  @Override
  public String toString() {
    return "%,d-byte events in batches of %d to %d webhook%s answering %s"
        .formatted(
            events().bytes(),
            batch,
            webhooks,
            webhooks == 1 ? "" : "s",
            delay.isZero() ? "at once" : "after " + delay.toMillis() + " ms");
  }
}
