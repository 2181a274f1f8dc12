package io.dromedary.command;

import io.dromedary.delivery.RetrySchedule;
import io.dromedary.json.JsonFields;
import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.DurationText;
import io.dromedary.settings.Settings;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.List;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Prints when an event that no webhook accepts would be tried again, according to the settings. The
 * application need not run.
 */
final class RetryPlan {

  /** The most attempts that are printed, besides the last one. */
  private static final int MOST_TOLD = 100;

  private final DromedaryCommand dromedary;
  private final @Nullable String destination;

  /**
   * Makes a plan.
   *
   * @param destination the name of a destination, or null for all
   */
  RetryPlan(DromedaryCommand dromedary, @Nullable String destination) {
    this.dromedary = dromedary;
    this.destination = destination;
  }

  /**
   * Prints the attempts for an event.
   *
   * @param text the instant at which it is accepted; if null, now
   * @return the exit code
   */
  int tell(@Nullable String text) throws FailedException {
    CamelContext context = dromedary.environment().configured().get();
    try {
      Settings settings = Settings.read(context, dromedary.environment().variables());
      Instant accepted = instant(text, context);
      for (DestinationSettings each : asked(settings)) {
        tell(each, accepted);
      }
    } finally {
      context.stop();
    }
    return ExitCode.OK;
  }

  private static Instant instant(@Nullable String text, CamelContext context)
      throws FailedException {
    try {
      return text == null
          ? Settings.clock(context).instant().truncatedTo(ChronoUnit.MILLIS)
          : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new FailedException(
          ExitCode.USAGE,
          "--at: found \"" + text + "\", expected an instant such as 2026-01-02T03:04:05Z");
    }
  }

  private Collection<DestinationSettings> asked(Settings settings) throws FailedException {
    if (destination == null) {
      return settings.destinations().values();
    }
    DestinationSettings found = settings.destinations().get(destination);
    if (found == null) {
      throw new FailedException(
          ExitCode.USAGE,
          "--destination: found \""
              + destination
              + "\", expected one of "
              + String.join(", ", settings.destinations().keySet()));
    }
    return List.of(found);
  }

  private void tell(DestinationSettings settings, Instant accepted) {
    RetrySchedule.Plan plan = RetrySchedule.of(settings).plan(accepted, MOST_TOLD);
    if (dromedary.isJson) {
      dromedary.print(
          JsonFields.write(
              json -> {
                json.writeNumberField("version", 1);
                json.writeStringField("destination", settings.name());
                json.writeStringField("acceptedAt", accepted.toString());
                json.writeNumberField("attempts", plan.count());
                json.writeArrayFieldStart("attemptsAt");
                for (Instant each : plan.first()) {
                  json.writeString(each.toString());
                }
                json.writeEndArray();
                json.writeStringField("lastAttemptAt", plan.last().toString());
              }));
      return;
    }
    dromedary.print(
        "destination %s: an event from %s that no webhook accepts"
            .formatted(settings.name(), accepted));
    long told = Math.min(MOST_TOLD, plan.count() - 1);
    for (int i = 0; i < told; i++) {
      line(i + 1, plan.first().get(i), accepted, "");
    }
    if (plan.count() - 1 > told) {
      dromedary.print("  … " + (plan.count() - 1 - told) + " more");
    }
    line(plan.count(), plan.last(), accepted, "  the last; then it is a dead letter (expired)");
    dromedary.remark(
        "These are the latest times: a delay may be shorter by up to "
            + Math.round(100 * settings.jitter())
            + " %, and a webhook that is down is probed every "
            + DurationText.show(settings.down().probeInterval()));
  }

  private void line(long number, Instant at, Instant accepted, String more) {
    Duration after = Duration.between(accepted, at);
    dromedary.print("  %4d  %s  after %s%s".formatted(number, at, DurationText.show(after), more));
  }
}
