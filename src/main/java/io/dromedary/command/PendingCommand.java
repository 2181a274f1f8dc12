package io.dromedary.command;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "pending",
    description =
        "List the pending events, the oldest first, as JSON, one a line: with the last responses,"
            + " the next attempt and why it is not made sooner.",
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

  @Mixin LimitOption limit = new LimitOption();

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    return list(dromedary, process, filter, limit.most());
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

  @Command(
      name = "list",
      description = "List pending events, the oldest first, as JSON, one a line.")
  static final class ListThem extends ProcessCommand {

    @Mixin EventOptions filter = new EventOptions();

    @Mixin LimitOption limit = new LimitOption();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return list(dromedary, process, filter, limit.most());
    }
  }

  @Command(name = "count", description = "Count pending events.")
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

    @Mixin AllOption all = new AllOption();

    /** Changes the selected events and prints how many were changed. */
    int change(
        DromedaryCommand dromedary,
        RunningProcess process,
        String method,
        String below,
        String field,
        String done)
        throws FailedException, InterruptedException {
      Answer answer = process.call(method, PATH + below, all.parameters(filter));
      dromedary.print(answer.text());
      String inMemory = answer.field("inMemory");
      dromedary.remark(
          answer.field(field)
              + " pending events "
              + done
              + (inMemory.equals("0") ? "" : ", " + inMemory + " are in memory or being sent"));
      return ExitCode.OK;
    }

    /** Asks for confirmation, with the number of events. */
    void confirm(DromedaryCommand dromedary, RunningProcess process, YesOption yes, String verb)
        throws FailedException, InterruptedException {
      if (!yes.isSure() && !all.parameters(filter).isEmpty()) {
        String count = count(process, filter).field("count");
        yes.confirm(dromedary, verb + " " + count + " pending events");
      }
    }
  }

  @Command(
      name = "try-now",
      description =
          "Make pending events due at once, whatever they wait for. Events for a webhook that is"
              + " down are sent when it is up again.")
  static final class TryNow extends Change {

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      return change(dromedary, process, "POST", "/try-now", "due", "due now");
    }
  }

  @Command(
      name = "give-up",
      description = "Turn pending events into dead letters with the reason cancelled.")
  static final class GiveUp extends Change {

    @Mixin YesOption yes = new YesOption();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      confirm(dromedary, process, yes, "give up");
      return change(dromedary, process, "POST", "/give-up", "givenUp", "given up");
    }
  }

  @Command(
      name = "delete",
      description = "Delete pending events for good. Attempts that have begun are not interrupted.")
  static final class Delete extends Change {

    @Mixin YesOption yes = new YesOption();

    @Override
    int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
      confirm(dromedary, process, yes, "delete");
      return change(dromedary, process, "DELETE", "", "deleted", "deleted");
    }
  }
}
