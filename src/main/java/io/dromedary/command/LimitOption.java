package io.dromedary.command;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option {@code --limit}, the most events that a command reads or changes. */
final class LimitOption {

  @Option(
      names = "--limit",
      paramLabel = "N",
      converter = WholeNumber.class,
      description = "At most N events.")
  private @Nullable Integer limit;

  /** The limit; without the option, a number that no list reaches. */
  int most() {
    return limit == null ? WholeNumber.MOST : limit;
  }

  /** Adds the parameter of the management API, if the option is set. */
  void addTo(Map<String, String> parameters) {
    EventOptions.put(parameters, "limit", limit == null ? null : limit.toString());
  }
}
