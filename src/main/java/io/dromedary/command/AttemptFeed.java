package io.dromedary.command;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads attempts from the history of the running application, each once, oldest first. */
final class AttemptFeed {

  private static final String PATH = "/api/attempts";

  private final RunningProcess process;
  private final int page;
  private final List<Map<String, String>> filters = new ArrayList<>();

  /** For each filter, the sequence number of the last attempt that was read. */
  private final List<Long> last = new ArrayList<>();

  /**
   * Makes a feed.
   *
   * @param outcomes the outcomes to read; if empty, all
   * @param page how many attempts are read at once
   */
  AttemptFeed(RunningProcess process, Map<String, String> filter, List<String> outcomes, int page) {
    this.process = process;
    this.page = page;
    if (outcomes.isEmpty()) {
      filters.add(filter);
    }
    for (String outcome : outcomes) {
      Map<String, String> one = new LinkedHashMap<>(filter);
      one.put("outcome", outcome);
      filters.add(one);
    }
  }

  /** Starts now, and returns up to {@code most} earlier attempts, the latest ones. */
  List<Answer> begin(int most) throws FailedException, InterruptedException {
    List<Answer> newest = read(Map.of(), Map.of("limit", "1"));
    long end = newest.isEmpty() ? 0 : seq(newest.get(0));
    List<Answer> found = new ArrayList<>();
    for (Map<String, String> filter : filters) {
      Map<String, String> place =
          Map.of("before", Long.toString(end + 1), "limit", Integer.toString(Math.min(most, page)));
      found.addAll(read(filter, place));
      last.add(end);
    }
    found.sort(Comparator.comparingLong(AttemptFeed::seq));
    return found.subList(Math.max(0, found.size() - most), found.size());
  }

  /** Starts at an instant, and returns the first attempts. {@link #next} returns the others. */
  List<Answer> beginAt(String since) throws FailedException, InterruptedException {
    for (Map<String, String> filter : filters) {
      filter.put("since", since);
      last.add(0L);
    }
    return next();
  }

  /** Returns the attempts since the last call. */
  List<Answer> next() throws FailedException, InterruptedException {
    List<Answer> found = new ArrayList<>();
    for (int i = 0; i < filters.size(); i++) {
      List<Answer> read;
      do {
        read =
            read(
                filters.get(i),
                Map.of("after", last.get(i).toString(), "limit", Integer.toString(page)));
        found.addAll(read);
        if (!read.isEmpty()) {
          last.set(i, seq(read.get(read.size() - 1)));
        }
        // Stops after some pages, so that they are printed and memory stays bounded.
      } while (read.size() == page && found.size() < 10 * page);
    }
    found.sort(Comparator.comparingLong(AttemptFeed::seq));
    return found;
  }

  private List<Answer> read(Map<String, String> filter, Map<String, String> place)
      throws FailedException, InterruptedException {
    Map<String, String> parameters = new LinkedHashMap<>(filter);
    parameters.putAll(place);
    return process.call("GET", PATH, parameters).elements("attempts").stream()
        .map(Answer::of)
        .toList();
  }

  private static long seq(Answer attempt) {
    return Long.parseLong(attempt.field("seq"));
  }
}
