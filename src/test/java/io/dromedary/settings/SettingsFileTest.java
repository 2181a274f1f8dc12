package io.dromedary.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The shipped settings file has every key of docs/settings.md, at least as a comment. */
class SettingsFileTest {

  private static final Pattern KEY = Pattern.compile("`(webhooks\\.[^`…]*)`");
  private static final Pattern VALUE = Pattern.compile("`([^`]*)`");

  /** The rows of the table of keys. */
  private static List<String> rows() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("docs/settings.md"))) {
      return lines.filter(line -> line.startsWith("| `webhooks.")).toList();
    }
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(SettingsFileTest::first).toList();
  }

  private static String first(MatchResult found) {
    return found.group(1);
  }

  /** The pattern of a key in the file, where an example stands for a placeholder such as NAME. */
  private static String pattern(String key) {
    return "(?m)^#?"
        + key.replace(".", "\\.").replaceAll("\\bN\\b", "[1-5]").replaceAll("[A-Z]{3,}", "[^= ]+")
        + " = .+$";
  }

  @Test
  void everyKeyIsInIt() throws IOException {
    String file = Files.readString(Path.of("application.properties"));
    List<String> keys =
        rows().stream()
            .map(row -> row.split("\\|", -1)[1])
            .flatMap(cell -> found(KEY, cell).stream())
            .toList();

    assertThat(keys).hasSizeGreaterThan(50);
    assertThat(keys).allSatisfy(key -> assertThat(file).containsPattern(pattern(key)));
  }

  /** If a row has one key and one default, the file shows this default. */
  @Test
  void aDefaultIsThatOfTheTable() throws IOException {
    String file = Files.readString(Path.of("application.properties"));
    for (String row : rows()) {
      String[] cells = row.split("\\|", -1);
      List<String> keys = found(KEY, cells[1]);
      if (keys.size() == 1 && cells[2].strip().matches("`[^`]*`")) {
        assertThat(file)
            .contains("\n#" + keys.get(0) + " = " + found(VALUE, cells[2]).get(0) + "\n");
      }
    }
  }
}
