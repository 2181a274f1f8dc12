package io.dromedary.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prints a list of the management API page by page, an event a line.
 *
 * @param path of the list, below that of the API
 * @param field that has the events of a page
 * @param following the parameter that asks for the next page
 */
record EventList(String path, String field, String following) {

  /** So many events a page has at the most. */
  private static final int PAGE = 1000;

  /**
   * Prints events.
   *
   * @param most how many at the most
   * @return the first page, and how many were printed
   */
  Printed print(
      DromedaryCommand dromedary, RunningProcess process, Map<String, String> filter, int most)
      throws FailedException, InterruptedException {
    Map<String, String> parameters = new LinkedHashMap<>(filter);
    int printed = 0;
    Answer first = null;
    @Nullable String next = "";
    while (next != null && printed < most) {
      parameters.put("limit", Integer.toString(Math.min(most - printed, PAGE)));
      Answer answer = process.call("GET", path, parameters);
      first = first == null ? answer : first;
      List<String> events = answer.elements(field);
      events.forEach(dromedary::print);
      printed += events.size();
      next = answer.next();
      parameters.put(following, String.valueOf(next));
    }
    return new Printed(first, printed);
  }

  /** What has been printed. */
  record Printed(@Nullable Answer first, int count) {}
}
