package io.dromedary.command;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "tail",
    description = {
      "Follow the attempts as they are made, one line each: its start, the event, the webhook, the"
          + " number of the attempt, the status or the kind of failure, and how long it took. If it"
          + " failed, also the next attempt and the error.",
      "Of the events that are accepted at once, it shows those that are recorded"
          + " (webhooks.history.successes). Stops with Ctrl-C, or after --count lines."
    })
final class TailCommand extends ProcessCommand {

  private static final int PAGE = 1000;
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Option(names = "--destination", paramLabel = "NAME", description = "Only for this destination.")
  @Nullable String destination;

  @Option(names = "--webhook", paramLabel = "N", description = "Only at webhook N.")
  @Nullable String webhook;

  @Option(names = "--type", paramLabel = "TYPE", description = "Only of this type of event.")
  @Nullable String type;

  @Option(
      names = "--class",
      paramLabel = "CLASS",
      description = "Only of this class, such as timeout or 5xx; docs/observing.md lists all.")
  @Nullable String attemptClass;

  @Option(names = "--failed", description = "Only failed attempts.")
  boolean isFailed;

  @Option(
      names = "--since",
      paramLabel = "INSTANT",
      description = "Start with the attempts since this instant, such as 2026-01-02T03:04:05Z.")
  @Nullable String since;

  @Option(
      names = "-n",
      paramLabel = "N",
      converter = WholeNumber.class,
      description = "Start with the last N attempts, at most 1000; by default 10.")
  @Nullable Integer before;

  @Option(
      names = "--count",
      paramLabel = "N",
      converter = WholeNumber.class,
      description = "Stop after N lines.")
  @Nullable Integer count;

  private int printed;
  private boolean isGone;

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    AttemptFeed feed = new AttemptFeed(process, filter(), outcomes(), PAGE);
    List<Answer> first =
        since == null ? feed.begin(before == null ? 10 : before) : feed.beginAt(since);
    while (print(dromedary, first)) {
      Thread.sleep(LOOK.toMillis());
      first = next(dromedary, feed);
    }
    return ExitCode.OK;
  }

  /** Reads the next attempts. If the process is gone, waits until it is started again. */
  private List<Answer> next(DromedaryCommand dromedary, AttemptFeed feed)
      throws FailedException, InterruptedException {
    try {
      List<Answer> found = feed.next();
      if (isGone) {
        isGone = false;
        dromedary.remark("The application answers again");
      }
      return found;
    } catch (FailedException e) {
      if (e.exitCode() != ExitCode.FAILED) {
        throw e;
      }
      if (!isGone) {
        isGone = true;
        dromedary.remark(e.getMessage() + "; waiting for it");
      }
      return List.of();
    }
  }

  private Map<String, String> filter() {
    Map<String, String> filter = new LinkedHashMap<>();
    EventOptions.put(filter, "destination", destination);
    EventOptions.put(filter, "webhook", webhook);
    EventOptions.put(filter, "type", type);
    EventOptions.put(filter, "class", attemptClass);
    return filter;
  }

  private List<String> outcomes() {
    return isFailed ? List.of("temporary", "permanent") : List.of();
  }

  /** Prints attempts. Returns whether more are to be printed. */
  private boolean print(DromedaryCommand dromedary, List<Answer> attempts) {
    for (Answer each : attempts) {
      if (count != null && printed == count) {
        return false;
      }
      printed++;
      dromedary.print(dromedary.isJson ? each.text() : AttemptLine.of(each));
    }
    return count == null || printed < count;
  }
}
