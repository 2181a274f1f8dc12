package io.dromedary.command;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "status",
    description =
        "Show whether the application is up: its health, the webhooks that are down, and the"
            + " numbers of pending events and dead letters. Exits with 3 if a webhook is down, and"
            + " with 4 if the application is. With --watch it repeats every two seconds, until"
            + " Ctrl-C.")
final class StatusCommand extends ProcessCommand {

  private static final String DOWN = "down since";
  private static final Duration LOOK = Duration.ofSeconds(2);

  /** The escape sequence that moves to the first line of a terminal and clears all below. */
  private static final String CLEAR = "\u001b[H\u001b[J";

  @Option(names = "--watch", description = "Repeat every two seconds.")
  boolean isWatched;

  @Option(
      names = "--count",
      paramLabel = "N",
      converter = WholeNumber.class,
      description = "With --watch, stop after N times, with the last exit code.")
  @Nullable Integer count;

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    if (!isWatched) {
      return look(dromedary, process);
    }
    boolean isScreen = dromedary.environment().terminal() != null && !dromedary.isJson;
    int looks = 0;
    while (true) {
      if (isScreen) {
        dromedary.environment().out().print(CLEAR);
      } else if (looks > 0 && !dromedary.isJson) {
        dromedary.print("");
      }
      int code = lookAgain(dromedary, process);
      looks++;
      if (count != null && looks >= count) {
        return code;
      }
      Thread.sleep(LOOK.toMillis());
    }
  }

  /** Prints the status. With {@code --watch} an application that is down is not an error. */
  private int lookAgain(DromedaryCommand dromedary, RunningProcess process)
      throws FailedException, InterruptedException {
    try {
      return look(dromedary, process);
    } catch (FailedException e) {
      if (e.exitCode() != ExitCode.DOWN) {
        throw e;
      }
      if (dromedary.isJson) {
        dromedary.print(
            JsonFields.write(
                json -> {
                  json.writeNumberField("version", 1);
                  json.writeStringField("state", "down");
                  json.writeStringField("message", String.valueOf(e.getMessage()));
                }));
      } else {
        dromedary.print("%-18s %s".formatted("dromedary", "down"));
        dromedary.print(String.valueOf(e.getMessage()));
      }
      return ExitCode.DOWN;
    }
  }

  private static int look(DromedaryCommand dromedary, RunningProcess process)
      throws FailedException, InterruptedException {
    Answer health;
    try {
      health = process.health();
    } catch (FailedException e) {
      int code = e.exitCode() == ExitCode.FAILED ? ExitCode.DOWN : e.exitCode();
      throw new FailedException(code, String.valueOf(e.getMessage()));
    }
    List<String> problems = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    boolean isUp = health.string("status").equals("UP");
    for (String text : health.elements("checks")) {
      Answer check = Answer.of(text);
      String name = check.string("name");
      boolean isCheckUp = check.string("status").equals("UP");
      // Camel has a check for each route, which is of interest only if it is not up.
      if (!isCheckUp || !name.contains(":")) {
        lines.add(
            "%-18s %s %s".formatted(name, isCheckUp ? "up" : "DOWN", check.string("message")));
      }
      Map<String, String> details = check.strings("data");
      details.forEach(
          (key, value) -> {
            if (key.startsWith("webhook ")) {
              lines.add("  %s  %s".formatted(key, value));
              if (value.startsWith(DOWN)) {
                problems.add(key + " is " + value);
              }
            }
          });
    }
    String pending = count(process, "/pending/count");
    String dead = count(process, "/dead-letters/count");
    String state = !isUp ? "down" : problems.isEmpty() ? "up" : "degraded";
    if (dromedary.isJson) {
      dromedary.print(
          JsonFields.write(
              json -> {
                json.writeNumberField("version", 1);
                json.writeStringField("state", state);
                raw(json, "pending", pending);
                raw(json, "deadLetters", dead);
                json.writeFieldName("health");
                json.writeRawValue(health.text());
              }));
    } else {
      dromedary.print("%-18s %s".formatted("dromedary", state));
      lines.stream().map(String::stripTrailing).forEach(dromedary::print);
      dromedary.print("%-18s %s".formatted("pending", shown(pending)));
      dromedary.print("%-18s %s".formatted("dead letters", shown(dead)));
    }
    return !isUp ? ExitCode.DOWN : problems.isEmpty() ? ExitCode.OK : ExitCode.WARNING;
  }

  private static void raw(JsonGenerator json, String name, String number) throws IOException {
    if (!number.isEmpty()) {
      json.writeFieldName(name);
      json.writeRawValue(number);
    }
  }

  private static String shown(String count) {
    return count.isEmpty() ? "not known: the management API does not answer" : count;
  }

  /** The count from the API, or an empty text if the API is not served or the store is down. */
  private static String count(RunningProcess process, String path) throws InterruptedException {
    try {
      return process.call("GET", path, Map.of()).field("count");
    } catch (FailedException e) {
      return "";
    }
  }
}
