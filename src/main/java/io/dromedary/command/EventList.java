package io.dromedary.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads a list of the management API page by page.
 *
 * @param path of the list, below that of the API
 * @param field that has the events of a page
 * @param following the parameter that asks for the next page
 */
record EventList(String path, String field, String following) {

  /** So many events a page has at the most. */
  private static final int PAGE = 1000;

  /**
   * Reads events.
   *
   * @param most how many at the most
   * @param taker is given each as JSON
   */
  Read each(RunningProcess process, Map<String, String> filter, int most, Consumer<String> taker)
      throws FailedException, InterruptedException {
    Map<String, String> parameters = new LinkedHashMap<>(filter);
    int read = 0;
    Answer first = null;
    @Nullable String next = "";
    while (next != null && read < most) {
      parameters.put("limit", Integer.toString(Math.min(most - read, PAGE)));
      Answer answer = process.call("GET", path, parameters);
      first = first == null ? answer : first;
      List<String> events = answer.elements(field);
      events.forEach(taker);
      read += events.size();
      next = answer.next();
      parameters.put(following, String.valueOf(next));
    }
    return new Read(first, read);
  }

  /**
   * What has been read.
   *
   * @param first the first page
   * @param count how many events
   */
  record Read(@Nullable Answer first, int count) {}
}
