package io.dromedary.command;

import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;

/** The option {@code --yes}, which answers the question of a command in advance. */
final class YesOption {

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask. To delete or give up events without a terminal, it is required.")
  private boolean isSure;

  /** Returns whether the option was given. */
  boolean isSure() {
    return isSure;
  }

  /**
   * Asks at the terminal whether to continue, unless the option was given.
   *
   * @param what the action, such as "delete 3 dead letters"
   * @throws FailedException if the answer is not yes, or there is no terminal
   */
  void confirm(DromedaryCommand dromedary, String what) throws FailedException {
    if (isSure) {
      return;
    }
    UnaryOperator<String> terminal = dromedary.environment().terminal();
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
