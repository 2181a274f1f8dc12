package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.operations.Operations;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The help of the commands. */
class CommandModelTest {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final CommandEnvironment environment =
      new CommandEnvironment(
          Path.of(""),
          Map.of(),
          () -> {
            throw new AssertionError("help needs no settings");
          },
          () -> {
            throw new AssertionError("help needs no settings");
          },
          () -> {
            throw new AssertionError("help does not start the application");
          },
          InputStream.nullInputStream(),
          new PrintStream(out, true, UTF_8),
          new PrintStream(err, true, UTF_8),
          null);

  @Test
  void eachCommandHasHelpWithTheExitCodes() {
    assertHelp(Commands.line(environment));
  }

  private void assertHelp(CommandLine line) {
    String[] name = line.getCommandSpec().qualifiedName().split(" ");
    List<String> args = new ArrayList<>(List.of(name).subList(1, name.length));
    args.add("--help");
    out.reset();

    assertThat(Commands.run(environment, args.toArray(String[]::new))).isZero();

    assertThat(out.toString(UTF_8))
        .startsWith("Usage: " + String.join(" ", name))
        .contains("--version", "--json", "--url=URL", "Exit codes:\n", "  8   the secret was");
    assertThat(err.toString(UTF_8)).isEmpty();
    line.getSubcommands().values().forEach(this::assertHelp);
  }

  @Test
  void everyFilterOfTheApiIsAnOption() {
    for (String parameter : Operations.DEAD_LETTER_FILTERS) {
      String option = "--" + parameter.replaceAll("(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
      assertThat(new CommandLine(new DeadLetterOptions()).getCommandSpec().findOption(option))
          .as(option)
          .isNotNull();
    }
  }
}
