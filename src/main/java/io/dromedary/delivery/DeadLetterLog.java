package io.dromedary.delivery;

import io.dromedary.logging.Printable;
import io.dromedary.logging.RepeatedLines;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Logs the events that a destination gives up: the first one for each reason and status at once,
 * then the number of further ones once a minute. Otherwise a receiver that rejects everything would
 * fill the disk with lines. Thread-safe.
 */
public final class DeadLetterLog {

  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterLog.class);

  private final String destination;
  private final RepeatedLines<Kind> lines = new RepeatedLines<>();

  private record Kind(Reason reason, @Nullable Integer status) {}

  DeadLetterLog(String destination) {
    this.destination = destination;
  }

  /** Logs that an event was given up, or counts it. */
  void add(DeadLetter letter) {
    if (lines.isFirst(new Kind(letter.reason(), letter.lastStatus()))) {
      String messageId = Printable.id(letter.event().messageId());
      LoggingEventBuilder line =
          of(letter.reason(), letter.lastStatus())
              .addKeyValue("messageId", messageId)
              .addKeyValue("attempt", letter.event().attempts());
      line.log(
          "Destination {}: event {} is a dead letter after {} attempts: {}",
          destination,
          messageId,
          letter.event().attempts(),
          letter.detail());
    }
  }

  /** Logs the number of further dead letters. To be called about once a second, by one thread. */
  public void tick() {
    lines.tick(
        (kind, count) ->
            of(kind.reason(), kind.status())
                .addKeyValue("count", count)
                .log(
                    "Destination {}: {} further events have become dead letters in the last minute: {}",
                    destination,
                    count,
                    kind.reason().json()),
        (kind, nanos) -> {});
  }

  /** Logs what is left, because nothing more will be given up. */
  void end() {
    lines.end();
  }

  private LoggingEventBuilder of(Reason reason, @Nullable Integer status) {
    LoggingEventBuilder line =
        LOG.atError()
            .addKeyValue("event", "dead-letter")
            .addKeyValue("destination", destination)
            .addKeyValue("reason", reason.json());
    return status == null ? line : line.addKeyValue("status", status);
  }
}
