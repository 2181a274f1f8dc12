package io.dromedary.command;

import java.util.function.UnaryOperator;

/** A command that asks the running application. */
abstract class ProcessCommand extends Subcommand {

  /** Does the command, and returns the exit code. */
  abstract int run(DromedaryCommand dromedary, RunningProcess process) throws Exception;

  @Override
  public final Integer call() throws Exception {
    DromedaryCommand dromedary = dromedary();
    return run(dromedary, dromedary.process());
  }

  /**
   * Asks the person at the terminal whether to go on. Without a terminal {@code --yes} is needed.
   *
   * @param isSure whether {@code --yes} was given
   * @param what would be done, such as "delete 3 dead letters"
   */
  static void confirm(DromedaryCommand dromedary, boolean isSure, String what)
      throws FailedException {
    if (isSure) {
      return;
    }
    UnaryOperator<String> terminal = dromedary.surroundings().terminal();
    if (terminal == null) {
      throw new FailedException(
          ExitCode.USAGE, "found no terminal to ask whether to " + what + ", expected --yes");
    }
    String answer = terminal.apply("Really " + what + "? [y/N] ").strip();
    if (!answer.equalsIgnoreCase("y") && !answer.equalsIgnoreCase("yes")) {
      throw new FailedException(ExitCode.FAILED, "nothing was done");
    }
  }
}
