package io.dromedary.command;

import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "pending",
    description =
        "List the events that are not done, the oldest first, as JSON, one a line: with the last"
            + " answers, the next attempt and why it is not before.",
    subcommands = {
      PendingCommand.ListThem.class,
      PendingCommand.Count.class,
      PendingCommand.TryNow.class,
      PendingCommand.GiveUp.class,
      PendingCommand.Delete.class
    })
final class PendingCommand extends ProcessCommand {

  private static final String PATH = "/pending";
  static final EventList LIST = new EventList(PATH, "pending", "after");

  @Mixin EventOptions filter = new EventOptions();

  @Option(
      names = "--limit",
      paramLabel = "N",
      converter = WholeNumber.class,
      description = "At the most so many.")
  int limit = WholeNumber.MOST;

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    return list(dromedary, process, filter, limit);
  }

  private static int list(
      DromedaryCommand dromedary, RunningProcess process, EventOptions filter, int limit)
      throws FailedException, InterruptedException {
    int listed = LIST.each(process, filter.parameters(), limit, dromedary::print).count();
    dromedary.remark(listed + " pending events listed");
    return ExitCode.OK;
  }

  private static Answer count(RunningProcess process, EventOptions filter)
      throws FailedException, InterruptedException {
    return process.call("GET", PATH + "/count", filter.parameters());
  }

  @Command(name = "list", description = "List them, the oldest first, as JSON, one a line.")
  static final class ListThem extends ProcessCommand {

    @Mixin EventOptions filter = new EventOptions();

    @Option(
        names = "--limit",
        paramLabel = "N",
        converter = WholeNumber.class,
        description = "At the most so many.")
    int limit = WholeNumber.MOST;

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return list(dromedary, process, filter, limit);
    }
  }

  @Command(name = "count", description = "Count them.")
  static final class Count extends ProcessCommand {

    @Mixin EventOptions filter = new EventOptions();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      Answer answer = count(process, filter);
      dromedary.print(answer.text());
      String more = answer.string("message");
      dromedary.remark(
          answer.field("count") + " pending events" + (more.isEmpty() ? "" : "; " + more));
      return ExitCode.OK;
    }
  }

  /** Changes pending events. */
  abstract static class Change extends ProcessCommand {

    @Mixin EventOptions filter = new EventOptions();

    @Option(names = "--all", description = "All of them: without it a filter is needed.")
    boolean isAll;

    /** Does it, and says how many there were. */
    int change(
        DromedaryCommand dromedary,
        RunningProcess process,
        String method,
        String below,
        String field,
        String done)
        throws FailedException, InterruptedException {
      Answer answer = process.call(method, PATH + below, DeadLettersCommand.all(filter, isAll));
      dromedary.print(answer.text());
      String inMemory = answer.field("inMemory");
      dromedary.remark(
          answer.field(field)
              + " pending events "
              + done
              + (inMemory.equals("0") ? "" : ", " + inMemory + " are in memory or being sent"));
      return ExitCode.OK;
    }

    /** Asks whether to do it. */
    void confirm(DromedaryCommand dromedary, RunningProcess process, boolean isSure, String verb)
        throws FailedException, InterruptedException {
      Map<String, String> meant = DeadLettersCommand.all(filter, isAll);
      if (!isSure && !meant.isEmpty()) {
        String count = count(process, filter).field("count");
        confirm(dromedary, false, verb + " " + count + " pending events");
      }
    }
  }

  @Command(
      name = "try-now",
      description =
          "Make them due at once, whatever they wait for. To a webhook that is down they go when it"
              + " is back.")
  static final class TryNow extends Change {

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return change(dromedary, process, "POST", "/try-now", "due", "due now");
    }
  }

  @Command(name = "give-up", description = "Make them dead letters of the reason cancelled.")
  static final class GiveUp extends Change {

    @Option(
        names = {"-y", "--yes"},
        description = "Do not ask. Needed without a terminal.")
    boolean isSure;

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      confirm(dromedary, process, isSure, "give up");
      return change(dromedary, process, "POST", "/give-up", "givenUp", "given up");
    }
  }

  @Command(
      name = "delete",
      description = "Erase them for good. An attempt that is under way is not broken off.")
  static final class Delete extends Change {

    @Option(
        names = {"-y", "--yes"},
        description = "Do not ask. Needed without a terminal.")
    boolean isSure;

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      confirm(dromedary, process, isSure, "delete");
      return change(dromedary, process, "DELETE", "", "deleted", "deleted");
    }
  }
}
