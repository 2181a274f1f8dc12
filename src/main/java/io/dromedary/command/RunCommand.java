package io.dromedary.command;

import picocli.CommandLine.Command;

@Command(name = "run", description = "Run the application until it is stopped. The default.")
final class RunCommand extends Subcommand {

  @Override
  public Integer call() throws Exception {
    return dromedary().call();
  }
}
