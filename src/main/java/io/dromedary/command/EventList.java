package io.dromedary.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A list of the management API, which is read page by page.
 *
 * @param path the path of the list, below that of the API
 * @param field the field with the events of a page
 * @param following the parameter that selects the next page
 */
record EventList(String path, String field, String following) {

  /** The most events of a page. */
  private static final int PAGE = 1000;

  /**
   * Reads events.
   *
   * @param most the most events to read
   * @param taker called with each event as JSON
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
   * The result of reading a list.
   *
   * @param first the first page, or null if none was read
   * @param count the number of events
   */
  record Read(@Nullable Answer first, int count) {}
}
