package io.dromedary.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Checks that docs/CLI.md matches the model of the commands, or writes it with -Ddocs=write. */
class CommandReferenceTest {

  private static final Path FILE = Path.of("docs", "CLI.md");

  @Test
  void isUpToDate() throws IOException {
    String reference = reference();
    if ("write".equals(System.getProperty("docs"))) {
      Files.writeString(FILE, reference);
    }

    assertThat(FILE)
        .as("mvn test -Dtest=CommandReferenceTest -Ddocs=write makes it anew")
        .content()
        .isEqualTo(reference);
  }

  private static String reference() {
    CommandSpec root =
        Commands.line(
                new CommandEnvironment(
                    Path.of(""),
                    Map.of(),
                    () -> {
                      throw new AssertionError("a model needs no settings");
                    },
                    () -> {
                      throw new AssertionError("a model needs no settings");
                    },
                    () -> 0,
                    InputStream.nullInputStream(),
                    System.out,
                    System.err,
                    null))
            .getCommandSpec();
    StringBuilder text = new StringBuilder("# Commands\n\n");
    text.append("Generated from the commands, see CONTRIBUTING.md. Do not edit.\n\n");
    text.append(description(root));
    text.append("Every command has these options:\n\n");
    table(text, root.options().stream().map(CommandReferenceTest::row));
    text.append("Exit codes:\n\n| code | |\n|---|---|\n");
    root.usageMessage()
        .exitCodeList()
        .forEach((code, meaning) -> text.append("| %s | %s |\n".formatted(code, meaning)));
    text.append('\n');
    commands(root, text);
    return text.toString().stripTrailing() + "\n";
  }

  private static void commands(CommandSpec parent, StringBuilder text) {
    for (CommandLine line : parent.subcommands().values()) {
      CommandSpec command = line.getCommandSpec();
      List<OptionSpec> own =
          command.options().stream()
              .filter(option -> !isCommon(command.root(), option))
              .sorted(Comparator.comparing(OptionSpec::longestName))
              .toList();
      String parameters =
          command.positionalParameters().stream()
              .map(
                  each ->
                      each.arity().min() == 0
                          ? " [" + each.paramLabel() + "]"
                          : " " + each.paramLabel())
              .collect(Collectors.joining());
      text.append("## ").append(command.qualifiedName()).append(escape(parameters)).append("\n\n");
      text.append(description(command));
      table(
          text,
          Stream.concat(
              command.positionalParameters().stream().map(each -> row(each.paramLabel(), each)),
              own.stream().map(CommandReferenceTest::row)));
      commands(command, text);
    }
  }

  private static boolean isCommon(CommandSpec root, OptionSpec option) {
    return root.findOption(option.longestName()) != null;
  }

  private static String description(CommandSpec command) {
    return Arrays.stream(command.usageMessage().description())
        .map(paragraph -> paragraph + "\n\n")
        .collect(Collectors.joining());
  }

  private static String row(OptionSpec option) {
    String label = option.arity().max() == 0 ? "" : "=" + option.paramLabel();
    return row(String.join(", ", option.names()) + label, option);
  }

  private static String row(String name, ArgSpec argument) {
    return "| `%s` | %s |\n"
        .formatted(escape(name), escape(String.join(" ", argument.description())));
  }

  private static String escape(String text) {
    return text.replace("|", "\\|");
  }

  private static void table(StringBuilder text, Stream<String> rows) {
    List<String> all = rows.toList();
    if (!all.isEmpty()) {
      text.append("| option | |\n|---|---|\n");
      all.forEach(text::append);
      text.append('\n');
    }
  }
}
