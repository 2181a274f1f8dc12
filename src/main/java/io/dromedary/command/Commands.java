package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Help;

/** The command line of the application's jar. */
public final class Commands {

  private static final String NO_COLOR = "--no-color";

  private Commands() {}

  /** Runs the command that the arguments name, and returns the exit code. */
  public static int run(CommandEnvironment environment, String... args) {
    CommandLine line = line(environment);
    // picocli prints help before it evaluates options.
    if (List.of(args).contains(NO_COLOR)
        || environment.terminal() == null
        || environment.variables().containsKey("NO_COLOR")) {
      line.setColorScheme(Help.defaultColorScheme(Help.Ansi.OFF));
    }
    return line.execute(args);
  }

  /** The model of all commands. */
  static CommandLine line(CommandEnvironment environment) {
    Errors errors = new Errors();
    return new CommandLine(new DromedaryCommand(environment))
        .setOut(writer(environment.out()))
        .setErr(writer(environment.err()))
        // A value that starts with @ is a value and not the name of a file with arguments.
        .setExpandAtFiles(false)
        .setUsageHelpWidth(100)
        .setParameterExceptionHandler(errors)
        .setExecutionExceptionHandler(errors);
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, UTF_8), true);
  }
}
