package io.dromedary.command;

/** A command that calls the running application. */
abstract class ProcessCommand extends Subcommand {

  /** Runs the command and returns the exit code. */
  abstract int run(DromedaryCommand dromedary, RunningProcess process) throws Exception;

  @Override
  public final Integer call() throws Exception {
    DromedaryCommand dromedary = dromedary();
    return run(dromedary, dromedary.process());
  }
}
