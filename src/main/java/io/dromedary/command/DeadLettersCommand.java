package io.dromedary.command;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "dead-letters",
    description =
        "List the dead letters, the newest first, as JSON, one a line. dead-letters --count is the"
            + " same as dead-letters count.",
    subcommands = {
      DeadLettersCommand.ListThem.class,
      DeadLettersCommand.Count.class,
      DeadLettersCommand.Delete.class
    })
final class DeadLettersCommand extends ProcessCommand {

  private static final String PATH = "/dead-letters";
  static final EventList LIST = new EventList(PATH, "deadLetters", "before");

  @Mixin DeadLetterOptions filter = new DeadLetterOptions();

  @Option(names = "--count", description = "Count the dead letters.")
  boolean isCount;

  @Mixin LimitOption limit = new LimitOption();

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    return isCount
        ? count(dromedary, process, filter)
        : list(dromedary, process, filter, limit.most());
  }

  @Command(name = "list", description = "List dead letters, the newest first, as JSON, one a line.")
  static final class ListThem extends ProcessCommand {

    @Mixin DeadLetterOptions filter = new DeadLetterOptions();

    @Mixin LimitOption limit = new LimitOption();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return list(dromedary, process, filter, limit.most());
    }
  }

  @Command(name = "count", description = "Count dead letters, by reason.")
  static final class Count extends ProcessCommand {

    @Mixin DeadLetterOptions filter = new DeadLetterOptions();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return count(dromedary, process, filter);
    }
  }

  @Command(name = "delete", description = "Delete dead letters for good.")
  static final class Delete extends ProcessCommand {

    @Mixin DeadLetterOptions filter = new DeadLetterOptions();

    @Mixin AllOption all = new AllOption();

    @Mixin YesOption yes = new YesOption();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      Map<String, String> parameters = all.parameters(filter);
      if (!parameters.isEmpty()) {
        String count = process.call("GET", PATH + "/count", filter.parameters()).field("count");
        yes.confirm(dromedary, "delete " + count + " dead letters");
      }
      return delete(dromedary, process, parameters);
    }
  }

  @Command(
      name = "delete-dead-letters",
      description = "Delete dead letters for good without asking: dead-letters delete --yes.")
  static final class DeleteByOldName extends ProcessCommand {

    @Mixin DeadLetterOptions filter = new DeadLetterOptions();

    @Mixin AllOption all = new AllOption();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return delete(dromedary, process, all.parameters(filter));
    }
  }

  private static int list(
      DromedaryCommand dromedary, RunningProcess process, DeadLetterOptions filter, int limit)
      throws FailedException, InterruptedException {
    EventList.Read printed = LIST.each(process, filter.parameters(), limit, dromedary::print);
    if (printed.first() != null) {
      dromedary.remark(counted(printed.first()) + ", " + printed.count() + " listed");
    }
    return ExitCode.OK;
  }

  private static int count(
      DromedaryCommand dromedary, RunningProcess process, DeadLetterOptions filter)
      throws FailedException, InterruptedException {
    Answer answer = process.call("GET", PATH + "/count", filter.parameters());
    dromedary.print(answer.text());
    dromedary.remark(counted(answer));
    return ExitCode.OK;
  }

  private static int delete(
      DromedaryCommand dromedary, RunningProcess process, Map<String, String> parameters)
      throws FailedException, InterruptedException {
    Answer answer = process.call("DELETE", PATH, parameters);
    dromedary.print(answer.text());
    dromedary.remark(answer.field("deleted") + " dead letters deleted");
    return ExitCode.OK;
  }

  private static String counted(Answer answer) {
    return answer.field("count") + " dead letters " + answer.field("byReason");
  }
}
