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

  @Mixin AllOption all = new AllOption();

  @Option(names = "--rate", paramLabel = "N", description = "So many a second: 100 if not set.")
  @Nullable String rate;

  @Mixin LimitOption limit = new LimitOption();

  @Option(names = "--dry-run", description = "Only count them.")
  boolean isDry;

  @Mixin YesOption yes = new YesOption();

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    Map<String, String> parameters = all.parameters(filter);
    EventOptions.put(parameters, "rate", rate);
    limit.addTo(parameters);
    boolean isAsked = !yes.isSure() && dromedary.surroundings().terminal() != null;
    if (isDry || isAsked) {
      Answer count = process.call("GET", PATH + "/count", filter.parameters());
      if (isDry) {
        dromedary.print(count.text());
        dromedary.remark(
            count.field("count") + " dead letters would be replayed " + count.field("byReason"));
        return ExitCode.OK;
      }
      yes.confirm(dromedary, "replay " + count.field("count") + " dead letters");
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
