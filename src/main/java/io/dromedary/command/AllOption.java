package io.dromedary.command;

import java.util.Map;
import picocli.CommandLine.Option;

/** The option {@code --all}. Without it, a command that changes events needs a filter. */
final class AllOption {

  @Option(names = "--all", description = "Change all events. Without it a filter is required.")
  private boolean isAll;

  /** The parameters of the management API that select the events to change. */
  Map<String, String> parameters(EventOptions filter) {
    Map<String, String> parameters = filter.parameters();
    if (isAll) {
      parameters.put("all", "true");
    }
    return parameters;
  }
}
