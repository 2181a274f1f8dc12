package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.deadletter.ReplayProgress;
import io.dromedary.outbox.deadletter.Replays.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Raises an alert when a replay has finished: all of its dead letters have been put back, piece by
 * piece, and none of these events is pending. A single row lists the replays that are running.
 */
final class ReplayRule {

  /** The row's kind. Its note has the number of the latest replay and those of the running ones. */
  static final String KIND = "replays-read";

  /** The most replays that are followed at once. If there are more, the oldest raise no alert. */
  private static final int MOST = 100;

  private ReplayRule() {}

  /**
   * The replays that a row lists.
   *
   * @param latest the number of the latest replay that was seen
   * @param open the numbers of those without an alert yet
   */
  record Known(long latest, List<Long> open) {

    static Known of(@Nullable AlertRow row) {
      if (row == null || row.note().isEmpty()) {
        return new Known(0, List.of());
      }
      List<Long> numbers = Arrays.stream(row.note().split(" ", -1)).map(Long::valueOf).toList();
      return new Known(numbers.get(0), numbers.subList(1, numbers.size()));
    }

    private String note() {
      StringBuilder note = new StringBuilder().append(latest);
      open.forEach(id -> note.append(' ').append(id));
      return note.toString();
    }
  }

  /**
   * Adds new replays to the row, or returns null if there are none. A replay that had finished
   * before the row existed raises no alert.
   */
  static @Nullable Change begun(@Nullable AlertRow row, List<Standing> seen, Instant now) {
    Known known = Known.of(row);
    List<Long> open = new ArrayList<>(known.open());
    long latest = known.latest();
    for (Standing each : seen) {
      if (each.id() > known.latest()) {
        latest = Math.max(latest, each.id());
        if (row != null || each.goesOn()) {
          open.add(each.id());
        }
      }
    }
    if (row != null && latest == known.latest()) {
      return null;
    }
    Collections.sort(open);
    List<Long> followed = open.subList(Math.max(0, open.size() - MOST), open.size());
    return new Change(row(row, new Known(latest, followed), now), null);
  }

  /** The number of a replay that has finished, or null. */
  static @Nullable Long ended(@Nullable AlertRow row, List<Standing> seen) {
    Set<Long> goOn =
        seen.stream().filter(Standing::goesOn).map(Standing::id).collect(Collectors.toSet());
    // The store no longer keeps a replay that was not seen.
    return Known.of(row).open().stream().filter(id -> !goOn.contains(id)).findFirst().orElse(null);
  }

  /**
   * Removes a replay from the row and raises an alert with its result.
   *
   * @param progress the result, or null if it is no longer kept, which raises no alert
   */
  static Change end(AlertRow row, long id, @Nullable ReplayProgress progress, Instant now) {
    Known known = Known.of(row);
    List<Long> open = new ArrayList<>(known.open());
    open.removeAll(Collections.singleton(id));
    AlertRow after = row(row, new Known(known.latest(), open), now);
    if (progress == null) {
      return new Change(after, null);
    }
    Map<String, Object> data = new LinkedHashMap<>();
    data.put("replay", id);
    data.put("state", progress.state());
    data.put("startedAt", progress.startedAt());
    data.put("events", progress.events());
    data.put("delivered", progress.delivered());
    data.put("dead", progress.deadAgain());
    data.put("deleted", progress.deleted());
    data.put("restored", progress.restored());
    return new Change(after, new Alert(AlertKind.REPLAY_FINISHED, "replay " + id, now, data));
  }

  private static AlertRow row(@Nullable AlertRow before, Known known, Instant now) {
    AlertRow row = before == null ? AlertRow.of(KIND, "", "read", now) : before;
    return row.in("read", now).withNote(known.note());
  }
}
