package io.dromedary.command;

import java.util.function.UnaryOperator;
import picocli.CommandLine.Option;

/** The option by which nobody is asked whether to go on. */
final class YesOption {

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask. What deletes or gives up needs it where there is no terminal.")
  private boolean isSure;

  /** Whether the option was given. */
  boolean isSure() {
    return isSure;
  }

  /**
   * Asks the person at the terminal whether to go on. Without a terminal {@code --yes} is needed.
   *
   * @param what would be done, such as "delete 3 dead letters"
   */
  void confirm(DromedaryCommand dromedary, String what) throws FailedException {
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
