package io.dromedary.command;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "replay",
    description = {
      "Put dead letters back into the outbox, the oldest first. They are stored when the command"
          + " ends, and are sent at the given rate.",
      "With --wait it ends when all are done. It exits with 0 if all are delivered, and with 7 if"
          + " some are not."
    })
final class ReplayCommand extends ProcessCommand {

  private static final String PATH = "/dead-letters";

  @Mixin DeadLetterOptions filter = new DeadLetterOptions();

  @Mixin AllOption all = new AllOption();

  @Option(names = "--rate", paramLabel = "N", description = "Events a second; by default 100.")
  @Nullable String rate;

  @Mixin LimitOption limit = new LimitOption();

  @Option(names = "--dry-run", description = "Only count the dead letters.")
  boolean isDry;

  @Option(
      names = "--wait",
      description =
          "Wait until all are done, and show the progress. If interrupted, the replay goes on.")
  boolean isAwaited;

  @Mixin YesOption yes = new YesOption();

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    Map<String, String> parameters = all.parameters(filter);
    EventOptions.put(parameters, "rate", rate);
    limit.addTo(parameters);
    if (isDry) {
      parameters.put("dryRun", "true");
      Answer counted = process.call("POST", PATH + "/replay", parameters);
      dromedary.print(counted.text());
      dromedary.remark(
          counted.field("wouldReplay")
              + " dead letters would be replayed "
              + counted.field("byReason")
              + ", within "
              + counted.field("seconds")
              + " s");
      return ExitCode.OK;
    }
    if (!yes.isSure() && dromedary.environment().terminal() != null) {
      Answer count = process.call("GET", PATH + "/count", filter.parameters());
      yes.confirm(dromedary, "replay " + count.field("count") + " dead letters");
    }
    Answer answer = process.call("POST", PATH + "/replay", parameters);
    if (!isAwaited) {
      dromedary.print(answer.text());
    }
    String refused = answer.field("refused");
    dromedary.remark(
        answer.field("replayed")
            + " dead letters replayed"
            + (refused.equals("0")
                ? ""
                : ", " + refused + " refused: " + answer.string("message")));
    if (!isAwaited) {
      return ExitCode.OK;
    }
    if (!answer.has("replay")) {
      dromedary.print(answer.text());
      return ExitCode.OK;
    }
    return new ReplayWait(dromedary, process, answer.field("replay")).await();
  }
}
