package io.dromedary.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A file of the documentation.
 *
 * @param blocks its fenced blocks
 * @param prose what is outside of them
 */
public record Markdown(Path file, List<Block> blocks, String prose) {

  private static final List<String> FOLDERS = List.of("docs", "deploy", ".ci");
  private static final Pattern NOTE = Pattern.compile("<!-- (.+) -->");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#*$");
  private static final Pattern LINK =
      Pattern.compile("\\]\\(([^()\\s]+)\\)|(?m)^\\[[^\\]]+\\]: +(\\S+)");

  /**
   * A fenced block.
   *
   * @param language the word behind the fence; empty: plain text
   * @param note what a comment in the line above says to the tests, or nothing
   * @param where the file and the line of the fence
   */
  public record Block(String language, String note, String text, String where) {

    @Override
    public String toString() {
      return where + " (" + language + ")";
    }
  }

  /** The files at the root of the project and in the folders that have documentation. */
  public static List<Markdown> all() {
    List<Markdown> all = new ArrayList<>();
    try (Stream<Path> root = Files.list(Path.of(""))) {
      root.filter(Markdown::isMarkdown).sorted().map(Markdown::read).forEach(all::add);
      for (String folder : FOLDERS) {
        try (Stream<Path> files = Files.walk(Path.of(folder))) {
          files
              .filter(file -> !file.toString().contains("node_modules"))
              .filter(Markdown::isMarkdown)
              .sorted()
              .map(Markdown::read)
              .forEach(all::add);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  /** The blocks of all files that are in a language. */
  public static Stream<Block> blocks(String language) {
    return all().stream()
        .flatMap(file -> file.blocks().stream())
        .filter(block -> block.language().equals(language));
  }

  private static boolean isMarkdown(Path file) {
    return file.toString().endsWith(".md");
  }

  static Markdown read(Path file) {
    List<Block> blocks = new ArrayList<>();
    StringBuilder prose = new StringBuilder();
    try {
      List<String> lines = Files.readAllLines(file);
      for (int at = 0; at < lines.size(); at++) {
        String line = lines.get(at);
        if (!line.strip().startsWith("```")) {
          prose.append(line).append('\n');
          continue;
        }
        int fence = at;
        StringBuilder text = new StringBuilder();
        int indent = line.indexOf('`');
        for (at++; !lines.get(at).strip().equals("```"); at++) {
          String inside = lines.get(at);
          text.append(inside.substring(Math.min(indent, inside.length()))).append('\n');
        }
        String above = fence == 0 ? "" : lines.get(fence - 1).strip();
        String note = NOTE.matcher(above).replaceAll("$1");
        blocks.add(
            new Block(
                line.strip().substring(3).strip(),
                note.equals(above) ? "" : note,
                text.toString(),
                file + ":" + (fence + 1)));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalStateException(file + ": a fence is not closed", e);
    }
    return new Markdown(file, List.copyOf(blocks), prose.toString());
  }

  /** Where its links lead to, in the order of the file; code is none. */
  public List<String> links() {
    String text = prose.replaceAll("`[^`\n]*`", "code");
    return LINK.matcher(text).results().map(Markdown::target).toList();
  }

  private static String target(MatchResult link) {
    return link.group(1) == null ? link.group(2) : link.group(1);
  }

  /** The anchors that GitHub makes of the headings. */
  public Set<String> anchors() {
    Map<String, Integer> counts = new HashMap<>();
    Set<String> anchors = new LinkedHashSet<>();
    HEADING
        .matcher(prose)
        .results()
        .map(heading -> heading.group(1).replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1"))
        .map(text -> text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N} _-]", ""))
        .map(text -> text.replace(' ', '-'))
        .forEach(
            anchor -> {
              int before = counts.merge(anchor, 1, Integer::sum) - 1;
              anchors.add(before == 0 ? anchor : anchor + "-" + before);
            });
    return anchors;
  }
}
