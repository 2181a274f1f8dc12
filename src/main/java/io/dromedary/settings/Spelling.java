package io.dromedary.settings;

import static java.util.stream.Collectors.toCollection;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** Finds the known keys that a misspelt key may stand for. */
final class Spelling {

  /** The longest key, in characters, that is compared, since the effort grows with the length. */
  static final int LONGEST = 120;

  private static final int MOST_LETTERS = 3;
  private static final int MOST_SUGGESTIONS = 3;

  /** The parts of keys after which an operator may write any name. */
  private static final List<String> FAMILIES = List.of("headers", "http");

  private Spelling() {}

  /**
   * Returns the key that differs by a few letters. If there is none, returns up to three keys that
   * have all words of the key or whose words the key all has, the closest one first.
   */
  static List<String> closest(String key, Set<String> candidates) {
    if (key.length() > LONGEST) {
      return List.of();
    }
    List<String> all = new ArrayList<>(candidates);
    String[] parts = key.split("\\.", 3);
    if (parts.length == 3) {
      FAMILIES.forEach(family -> all.add(parts[0] + "." + family + "." + parts[2]));
    }
    all.removeIf(candidate -> candidate.length() > LONGEST || candidate.equals(key));
    String plain = plain(key);
    String best = null;
    int least = MOST_LETTERS + 1;
    for (String candidate : all) {
      int distance = distance(plain, plain(candidate));
      if (distance < least && distance <= Math.max(1, plain(candidate).length() / 4)) {
        least = distance;
        best = candidate;
      }
    }
    return best == null ? byWords(plain, candidates) : List.of(best);
  }

  private static List<String> byWords(String plain, Set<String> candidates) {
    Set<String> words = words(plain);
    return candidates.stream()
        .filter(candidate -> candidate.toLowerCase(Locale.ROOT).startsWith("webhooks"))
        .filter(candidate -> isPart(words, words(plain(candidate))))
        .sorted(
            Comparator.<String>comparingInt(
                    candidate -> Math.abs(words(plain(candidate)).size() - words.size()))
                .thenComparing(candidate -> !plain(candidate).endsWith(plain))
                .thenComparing(candidate -> candidate.chars().filter(c -> c == '.').count())
                .thenComparing(Comparator.naturalOrder()))
        .limit(MOST_SUGGESTIONS)
        .toList();
  }

  private static boolean isPart(Set<String> some, Set<String> others) {
    return others.containsAll(some) || some.containsAll(others);
  }

  /** The key's name in the environment, without the common prefix. */
  private static String plain(String key) {
    return UnknownKeys.variable(key).replaceFirst("^WEBHOOKS_", "");
  }

  private static Set<String> words(String plain) {
    return Arrays.stream(plain.split("_")).collect(toCollection(TreeSet::new));
  }

  /** The number of letters to insert, delete, replace or swap with their neighbour. */
  private static int distance(String one, String other) {
    int[][] distances = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          distances[i][j] = i + j;
          continue;
        }
        int replaced = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        int least =
            Math.min(
                distances[i - 1][j - 1] + replaced,
                Math.min(distances[i - 1][j], distances[i][j - 1]) + 1);
        boolean isSwapped =
            i > 1
                && j > 1
                && one.charAt(i - 1) == other.charAt(j - 2)
                && one.charAt(i - 2) == other.charAt(j - 1);
        distances[i][j] = isSwapped ? Math.min(least, distances[i - 2][j - 2] + 1) : least;
      }
    }
    return distances[one.length()][other.length()];
  }
}
