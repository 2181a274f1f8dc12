package io.dromedary.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.dromedary.testing.Markdown;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The command line can parse every command in the documentation. The commands are not run. */
class DocumentedCommandsTest {

  /** A command with its arguments, up to a comment or the next command. */
  private static final Pattern COMMAND =
      Pattern.compile(
          "(?m)(?:^|&& |\\| |<\\(|')(?:(?:\\S*/)?dromedary|java -jar \\S*dromedary\\.jar)"
              + "(?![^\\s')])((?:'[^'\n]*'|\"[^\"\n]*\"|[^\\n'\")&|;])*)");

  private static final Pattern INLINE = Pattern.compile("`dromedary( [a-z][^`\\n…]*)`");
  private static final Pattern WORD = Pattern.compile("(?:'[^']*'|\"[^\"]*\"|[^\\s'\"])+");

  private static final CommandEnvironment ENVIRONMENT =
      new CommandEnvironment(
          Path.of(""),
          Map.of(),
          () -> {
            throw new AssertionError("nothing is run");
          },
          () -> {
            throw new AssertionError("nothing is run");
          },
          () -> {
            throw new AssertionError("nothing is run");
          },
          InputStream.nullInputStream(),
          new PrintStream(OutputStream.nullOutputStream()),
          new PrintStream(OutputStream.nullOutputStream()),
          null);

  static List<String> inBlocks() {
    return Markdown.blocks("sh")
        .flatMap(block -> COMMAND.matcher(block.text()).results())
        .map(found -> found.group(1).replaceFirst("(^| )#.*", "").strip())
        .toList();
  }

  static Stream<String> inProse() {
    return Markdown.all().stream()
        .filter(file -> !file.file().endsWith("CHANGELOG.md"))
        .flatMap(file -> INLINE.matcher(file.prose()).results())
        .map(found -> found.group(1).strip())
        .distinct();
  }

  private static List<String> words(String command) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(command);
    while (word.find()) {
      words.add(word.group().replaceAll("['\"]", ""));
    }
    return words;
  }

  @ParameterizedTest
  @MethodSource("inBlocks")
  void aCommandOfABlockIsTaken(String command) {
    assertTaken(words(command));
  }

  /** Prose names commands without all required options. With --help these are not required. */
  @ParameterizedTest
  @MethodSource("inProse")
  void aCommandThatProseNamesIsTaken(String command) {
    List<String> words = words(command);
    words.add("--help");
    assertTaken(words);
  }

  private static void assertTaken(List<String> words) {
    assertThat(inBlocks()).hasSizeGreaterThan(12);
    assertThatCode(() -> Commands.line(ENVIRONMENT).parseArgs(words.toArray(String[]::new)))
        .doesNotThrowAnyException();
  }
}
