package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.app.CommandLineStart;
import io.dromedary.command.CommandEnvironment;
import io.dromedary.command.Commands;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Runs commands in this JVM as a shell would, with a folder and an environment of its own. */
final class Shell {

  final Map<String, String> environment = new HashMap<>();
  private final Path folder;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  /** The standard input of the next command. */
  String in = "";

  /** Answers the questions of commands, or null if there is no terminal. */
  UnaryOperator<String> terminal;

  Shell(Path folder) {
    this.folder = folder;
  }

  /** Runs a command and returns its exit code. {@code run} returns 17. */
  int run(String... args) {
    out.reset();
    err.reset();
    return Commands.run(
        new CommandEnvironment(
            folder,
            environment,
            () -> CommandLineStart.context(folder),
            () -> CommandLineStart.configured(folder, environment),
            () -> 17,
            new ByteArrayInputStream(in.getBytes(UTF_8)),
            new PrintStream(out, true, UTF_8),
            new PrintStream(err, true, UTF_8),
            terminal),
        args);
  }

  /** The standard output of the last command. */
  String out() {
    return out.toString(UTF_8);
  }

  /** The standard error of the last command. */
  String err() {
    return err.toString(UTF_8);
  }
}
