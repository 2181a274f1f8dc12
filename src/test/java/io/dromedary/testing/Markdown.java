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
 * @param blocks the fenced blocks
 * @param prose the text outside of fenced blocks
 */
public record Markdown(Path file, List<Block> blocks, String prose) {

  private static final List<String> FOLDERS = List.of("docs", "deploy", ".ci");
  private static final Pattern NOTE = Pattern.compile("<!-- (.+) -->");
  private static final Pattern HEADING = Pattern.compile("(?m)^#{1,6} +(.+?) *#*$");
  private static final Pattern ABSOLUTE = Pattern.compile("[a-z]+:.*");
  private static final Pattern CODE = Pattern.compile("`([^`\n]*)`");
  private static final Pattern LINK =
      Pattern.compile("\\]\\(([^()\\s]+)\\)|(?m)^\\[[^\\]]+\\]: +(\\S+)");

  /**
   * A fenced block.
   *
   * @param language the word after the fence; empty for plain text
   * @param note the comment in the line above, which is for the tests; empty if there is none
   * @param where the file and the line of the fence
   */
  public record Block(String language, String note, String text, String where) {

    @Override
    public String toString() {
      return where + " (" + language + ")";
    }
  }

  /** The files at the root of the project and in its folders of documentation. */
  public static List<Markdown> all() {
    return all(Path.of(""));
  }

  /** The files of a copy of the project. A folder of documentation may be missing in it. */
  public static List<Markdown> all(Path project) {
    List<Markdown> all = new ArrayList<>();
    try (Stream<Path> root = Files.list(project)) {
      root.filter(Markdown::isMarkdown).sorted().map(Markdown::read).forEach(all::add);
      for (String name : FOLDERS) {
        Path folder = project.resolve(name);
        if (Files.isDirectory(folder)) {
          try (Stream<Path> files = Files.walk(folder)) {
            files
                .filter(file -> !file.toString().contains("node_modules"))
                .filter(Markdown::isMarkdown)
                .sorted()
                .map(Markdown::read)
                .forEach(all::add);
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  /** The blocks of a language in all files. */
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

  /** The texts between single backquotes, in the order of the file. */
  public List<String> code() {
    return CODE.matcher(prose).results().map(code -> code.group(1)).toList();
  }

  /** The links to files, in the order of the file. */
  public List<String> links() {
    return LINK.matcher(CODE.matcher(prose).replaceAll("code"))
        .results()
        .map(Markdown::target)
        .filter(target -> !ABSOLUTE.matcher(target).matches())
        .toList();
  }

  /** The links of files that lead to no file, or to no heading of one of these files. */
  public static List<String> brokenLinks(List<Markdown> files) {
    Map<Path, Set<String>> anchors = new HashMap<>();
    files.forEach(each -> anchors.put(each.file().normalize(), each.anchors()));
    List<String> broken = new ArrayList<>();
    for (Markdown each : files) {
      for (String link : each.links()) {
        String[] parts = link.split("#", 2);
        Path target =
            parts[0].isEmpty()
                ? each.file().normalize()
                : each.file().resolveSibling(parts[0]).normalize();
        boolean isThere =
            (parts.length == 2 && anchors.containsKey(target))
                ? anchors.getOrDefault(target, Set.of()).contains(parts[1])
                : Files.exists(target);
        if (!isThere) {
          broken.add(each.file() + ": " + link);
        }
      }
    }
    return broken;
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
