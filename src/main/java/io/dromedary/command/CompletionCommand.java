package io.dromedary.command;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
    name = "completion",
    description = {
      "Print a script that completes commands and options in a shell. With an alias named"
          + " dromedary, add to .bashrc or .zshrc: source <(dromedary completion bash)"
    })
final class CompletionCommand extends Subcommand {

  @Parameters(paramLabel = "SHELL", description = "One of ${COMPLETION-CANDIDATES}.")
  Shell shell = Shell.bash;

  /** A shell with completion. Both use the same script. */
  enum Shell {
    bash,
    zsh
  }

  @Override
  public Integer call() {
    DromedaryCommand dromedary = dromedary();
    dromedary.print(AutoComplete.bash(root().name(), root().commandLine()));
    return ExitCode.OK;
  }
}
