package io.dromedary.settings;

/**
 * Which attempts are recorded in the history.
 *
 * @param isOn whether any are recorded
 * @param successes how many events that were accepted at once are recorded, a second and
 *     destination, or {@link #ALL}
 */
public record HistorySettings(boolean isOn, int successes) {

  /** No limit. */
  public static final int ALL = Integer.MAX_VALUE;

  private static final int DEFAULT = 200;
  private static final int MOST = 1_000_000;

  static HistorySettings read(PropertyReader keys) {
    String on = keys.text("history", "on");
    if (!on.equals("on") && !on.equals("off")) {
      keys.problem("history", on, "on or off");
    }
    return new HistorySettings(on.equals("on"), successes(keys));
  }

  private static int successes(PropertyReader keys) {
    String found = keys.text("history.successes", Integer.toString(DEFAULT));
    if (found.equals("all")) {
      return ALL;
    }
    if (!found.matches("\\d{1,7}") || Integer.parseInt(found) > MOST) {
      keys.problem("history.successes", found, "all, or a whole number from 0 to " + MOST);
      return DEFAULT;
    }
    return Integer.parseInt(found);
  }
}
