package io.dromedary.command;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;

@Command(
    name = "status",
    description =
        "Tell whether the application is well: its health, which webhooks are down, and what waits."
            + " It ends with 3 if a webhook is down, and with 4 if the application is.")
final class StatusCommand extends ProcessCommand {

  private static final String DOWN = "down since";

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
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
      // Those of Camel's routes are many, and of interest only where they are not up.
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

  /** The count as the API has it, or nothing where it is not served or the store is down. */
  private static String count(RunningProcess process, String path) throws InterruptedException {
    try {
      return process.call("GET", path, Map.of()).field("count");
    } catch (FailedException e) {
      return "";
    }
  }
}
