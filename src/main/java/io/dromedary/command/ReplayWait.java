package io.dromedary.command;

import java.time.Duration;
import java.util.Map;

/** Waits until a replay is done. At a terminal it shows a progress bar. */
final class ReplayWait {

  private static final Duration LOOK = Duration.ofMillis(500);
  private static final int WIDTH = 30;

  private final DromedaryCommand dromedary;
  private final RunningProcess process;
  private final String replay;
  private final boolean isBar;

  ReplayWait(DromedaryCommand dromedary, RunningProcess process, String replay) {
    this.dromedary = dromedary;
    this.process = process;
    this.replay = replay;
    this.isBar = dromedary.environment().terminal() != null && !dromedary.isQuiet;
  }

  /** Waits, prints the result and returns the exit code. */
  int await() throws FailedException, InterruptedException {
    Answer now = look();
    while (number(now, "waiting") > 0) {
      show(now);
      Thread.sleep(LOOK.toMillis());
      now = look();
    }
    show(now);
    if (isBar) {
      dromedary.environment().err().println();
    }
    dromedary.print(now.text());
    dromedary.remark(summary(now));
    return number(now, "delivered") == number(now, "events") ? ExitCode.OK : ExitCode.DEAD;
  }

  private Answer look() throws FailedException, InterruptedException {
    return process.call("GET", "/api/replays/" + replay, Map.of());
  }

  private void show(Answer now) {
    if (isBar) {
      // Overwrites the previous line. The blanks erase the end of a longer one.
      dromedary.environment().err().print("\r" + bar(now) + "   ");
      dromedary.environment().err().flush();
    }
  }

  private static String bar(Answer now) {
    long events = Math.max(1, number(now, "events"));
    int done = (int) (WIDTH * (events - number(now, "waiting")) / events);
    return "█".repeat(done) + "░".repeat(WIDTH - done) + " " + summary(now);
  }

  private static String summary(Answer now) {
    long events = number(now, "events");
    StringBuilder text = new StringBuilder();
    text.append(events - number(now, "waiting")).append(" of ").append(events);
    text.append(": ").append(now.field("delivered")).append(" delivered");
    if (number(now, "dead") > 0) {
      text.append(", ").append(now.field("dead")).append(" dead again ");
      text.append(now.field("deadByStatus"));
    }
    if (number(now, "deleted") > 0) {
      text.append(", ").append(now.field("deleted")).append(" deleted");
    }
    if (number(now, "restored") > 0) {
      text.append(", ").append(now.field("restored")).append(" not sent, as it was stopped");
    }
    return text.toString();
  }

  private static long number(Answer answer, String name) {
    return Long.parseLong(answer.field(name));
  }
}
