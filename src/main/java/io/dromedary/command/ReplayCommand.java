package io.dromedary.command;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "replay",
    description =
        "Accept dead letters anew, the oldest first. They are in the outbox when the command ends,"
            + " and are sent at the rate.")
final class ReplayCommand extends ProcessCommand {

  private static final String PATH = "/dead-letters";

  @Mixin DeadLetterOptions filter = new DeadLetterOptions();

  @Option(names = "--all", description = "Replay all: without it a filter is needed.")
  boolean isAll;

  @Option(names = "--rate", paramLabel = "N", description = "So many a second: 100 if not set.")
  @Nullable String rate;

  @Option(names = "--limit", paramLabel = "N", description = "At the most so many.")
  @Nullable String limit;

  @Option(names = "--dry-run", description = "Only count them.")
  boolean isDry;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask at a terminal.")
  boolean isSure;

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    Map<String, String> parameters = DeadLettersCommand.all(filter, isAll);
    EventOptions.put(parameters, "rate", rate);
    EventOptions.put(parameters, "limit", limit);
    boolean isAsked = !isSure && dromedary.surroundings().terminal() != null;
    if (isDry || isAsked) {
      Answer count = process.call("GET", PATH + "/count", filter.parameters());
      if (isDry) {
        dromedary.print(count.text());
        dromedary.remark(
            count.field("count") + " dead letters would be replayed " + count.field("byReason"));
        return ExitCode.OK;
      }
      confirm(dromedary, false, "replay " + count.field("count") + " dead letters");
    }
    Answer answer = process.call("POST", PATH + "/replay", parameters);
    dromedary.print(answer.text());
    String refused = answer.field("refused");
    dromedary.remark(
        answer.field("replayed")
            + " dead letters replayed"
            + (refused.equals("0")
                ? ""
                : ", " + refused + " refused: " + answer.string("message")));
    return ExitCode.OK;
  }
}
