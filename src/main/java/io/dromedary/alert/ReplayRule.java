package io.dromedary.alert;

import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.ReplayProgress;
import io.dromedary.outbox.Replays.Standing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a replay is told to be finished: when for ten seconds none of its events has waited and none
 * was added, since events are put back piece by piece, and a first piece may be delivered before
 * the second is there. One row has which replays go on. Not thread-safe.
 */
final class ReplayRule {

  /** The row's kind; its note is the number of the latest replay, and those that go on. */
  static final String KIND = "replays-read";

  private static final Duration CALM = Duration.ofSeconds(10);

  /** What is followed at once; of more, the oldest are not told. */
  private static final int MOST = 100;

  private record Calm(long events, Instant since) {}

  private final Map<Long, Calm> calm = new HashMap<>();

  /**
   * What is known of replays.
   *
   * @param latest the number of the latest one that was seen
   * @param open the numbers of those that go on, as far as was told
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
   * Notes which replays go on, but those that are to be told first, or null where nothing is new.
   * What has ended before there was a row is no news.
   */
  @Nullable Change begun(@Nullable AlertRow row, List<Standing> seen, Instant now) {
    Known known = Known.of(row);
    List<Long> open = new ArrayList<>(known.open());
    long latest = known.latest();
    for (Standing each : seen) {
      if (each.id() > known.latest()) {
        latest = Math.max(latest, each.id());
        if (row != null || each.waits()) {
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

  /** A replay that has come to its end, or null. */
  @Nullable Long ended(@Nullable AlertRow row, List<Standing> seen, Instant now) {
    Map<Long, Standing> standing = new HashMap<>();
    seen.forEach(each -> standing.put(each.id(), each));
    List<Long> open = Known.of(row).open();
    calm.keySet().retainAll(open);
    for (Long id : open) {
      Standing each = standing.get(id);
      if (each == null) {
        // Its retention has ended.
        return id;
      }
      Calm before = calm.get(id);
      if (each.waits()) {
        calm.remove(id);
      } else if (before == null || before.events() != each.events()) {
        calm.put(id, new Calm(each.events(), now));
      } else if (!now.isBefore(before.since().plus(CALM))) {
        return id;
      }
    }
    return null;
  }

  /**
   * Follows a replay no longer, and tells what has become of it.
   *
   * @param progress null where it is not kept any more, which is not told
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
