package io.dromedary.command;

import io.dromedary.settings.InvalidSettingsException;
import java.io.PrintWriter;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Prints errors to the standard error: what was found and what is expected. */
final class Errors implements IParameterExceptionHandler, IExecutionExceptionHandler {

  private static final String EXPECTED = ": expected ";

  @Override
  public int handleParseException(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    if (isBadValue(e)) {
      // Secrets are never arguments, so the value may be shown.
      String message = String.valueOf(e.getMessage());
      err.println(
          name(e.getArgSpec())
              + ": found \""
              + e.getValue()
              + "\","
              + message.substring(message.indexOf(EXPECTED) + 1));
      return ExitCode.USAGE;
    }
    err.println(describe(e));
    err.print(command.getHelp().synopsisHeading());
    err.print(command.getHelp().synopsis(command.getHelp().synopsisHeadingLength()));
    err.println("See: " + command.getCommandSpec().qualifiedName() + " --help");
    err.flush();
    return ExitCode.USAGE;
  }

  private static String describe(ParameterException e) {
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    if (e instanceof UnmatchedArgumentException unmatched) {
      return unmatched(unmatched, command);
    }
    if (e instanceof OverwrittenOptionException twice) {
      return "found " + name(twice.getOverwritten()) + " twice, expected it once.";
    }
    if (e instanceof MissingParameterException missing && !missing.getMissing().isEmpty()) {
      ArgSpec argument = missing.getMissing().get(0);
      String shown =
          argument.isOption() ? name(argument) + "=" + argument.paramLabel() : name(argument);
      return "found no value of " + name(argument) + ", expected " + shown + ".";
    }
    return String.valueOf(e.getMessage());
  }

  /** Returns whether one of Dromedary's converters has rejected a value. */
  private static boolean isBadValue(ParameterException e) {
    return e.getArgSpec() != null
        && e.getValue() != null
        && String.valueOf(e.getMessage()).contains(EXPECTED);
  }

  private static String unmatched(UnmatchedArgumentException e, String command) {
    String found = e.getUnmatched().get(0);
    boolean isCommand = !found.startsWith("-") && !e.getCommandLine().getSubcommands().isEmpty();
    List<String> meant = e.getSuggestions();
    return "found \""
        + found
        + "\", expected one of the "
        + (isCommand ? "commands" : "options")
        + " of "
        + command
        + "."
        + (found.startsWith("-D") ? " Options of the JVM go before -jar." : "")
        + (meant.isEmpty()
            ? ""
            : meant.stream().collect(Collectors.joining(", or ", " Is it ", "?")));
  }

  private static String name(@Nullable ArgSpec argument) {
    return argument instanceof OptionSpec option
        ? option.longestName()
        : argument == null ? "" : argument.paramLabel();
  }

  @Override
  public int handleExecutionException(
      Exception e, CommandLine command, @Nullable ParseResult parsed) throws Exception {
    if (e instanceof FailedException failed) {
      command.getErr().println(failed.getMessage());
      return failed.exitCode();
    }
    if (e instanceof InvalidSettingsException) {
      command.getErr().println(e.getMessage());
      return ExitCode.USAGE;
    }
    if (e instanceof InterruptedException) {
      Thread.currentThread().interrupt();
      return ExitCode.FAILED;
    }
    throw e;
  }
}
