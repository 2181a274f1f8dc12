package io.dromedary.command;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that select dead letters. */
final class DeadLetterOptions extends EventOptions {

  @Option(
      names = "--reason",
      paramLabel = "REASON",
      description = "Only with this reason: invalid, transform, rejected, expired or cancelled.")
  @Nullable String reason;

  @Override
  Map<String, String> parameters() {
    Map<String, String> parameters = super.parameters();
    put(parameters, "reason", reason);
    return parameters;
  }
}
