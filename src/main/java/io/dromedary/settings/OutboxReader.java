package io.dromedary.settings;

import java.time.Duration;
import java.util.Collection;

/** Reads and checks the settings of the outbox. */
final class OutboxReader {

  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private OutboxReader() {}

  /**
   * Reads the settings of the outbox.
   *
   * @param destinations the destinations, whose timeouts bound the lease; empty if only the outbox
   *     is used
   */
  static OutboxSettings read(PropertyReader keys, Collection<DestinationSettings> destinations) {
    String url = keys.text("outbox.url", "jdbc:sqlite:data/outbox.db");
    if (!url.startsWith("jdbc:sqlite:") && !url.startsWith("jdbc:postgresql:")) {
      keys.problem("outbox.url", url.split("[/?]", 2)[0], "jdbc:sqlite:FILE or jdbc:postgresql:…");
    }
    Duration leastLease = Duration.ofSeconds(1);
    String because = "";
    Duration longestWait = destinations.isEmpty() ? Duration.ofHours(4) : Duration.ZERO;
    for (DestinationSettings each : destinations) {
      // If the claim of an event ended before its batch is sent, the event would never be sent.
      boolean gathers = each.batchSize() > 1;
      Duration least =
          each.timeout().plus(gathers ? each.batchInterval() : Duration.ZERO).plusSeconds(1);
      if (least.compareTo(leastLease) > 0) {
        PropertyReader own = keysOf(keys, each.name());
        leastLease = least;
        because = own.full("timeout") + (gathers ? " and " + own.full("batch.interval") : "");
      }
      longestWait = longest(longestWait, longest(each.retryWindow(), each.maxDelay()));
    }
    Duration lease =
        keys.duration("outbox.lease", Duration.ofMinutes(2), MILLISECOND, Duration.ofDays(1));
    if (keys.raw("webhooks.outbox.lease") == null) {
      // Operators who set other durations need not know about the lease.
      lease = longest(lease, leastLease);
    } else if (lease.compareTo(leastLease) < 0) {
      keys.problem(
          "outbox.lease",
          DurationText.show(lease),
          "at least "
              + DurationText.show(leastLease)
              + (because.isEmpty() ? "" : ", a second more than " + because));
    }
    // A key takes 32 bytes in memory. All keys may take an eighth of the heap.
    int most = (int) Math.min(50_000_000, HeapShare.MESSAGE_IDS.bytes() / 32);
    return new OutboxSettings(
        url,
        keys.raw("webhooks.outbox.user"),
        keys.raw("webhooks.outbox.password"),
        lease,
        keys.duration("dedup.window", Duration.ofHours(24), Duration.ZERO, Duration.ofDays(30)),
        most,
        keys.duration(
            "dead-letter.retention", Duration.ofDays(30), MILLISECOND, Duration.ofDays(3650)),
        longestWait);
  }

  private static PropertyReader keysOf(PropertyReader keys, String destination) {
    return destination.equals(DestinationSettings.DEFAULT) ? keys : keys.ofDestination(destination);
  }

  private static Duration longest(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? other : one;
  }
}
