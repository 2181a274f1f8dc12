package io.dromedary.outbox.dedup;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Compares random histories with a map from ids to the instants at which they were seen. */
class SeenIdsPropertyTest {

  private static final long WINDOW = 240;
  private static final long PART = WINDOW / 24;

  private final SeenIds seen = new SeenIds(Duration.ofMillis(WINDOW), 1_000);
  private final Map<Fingerprint, Seen> model = new LinkedHashMap<>();
  private long latest = Long.MIN_VALUE / 2;

  @Property(tries = 2_000)
  void anIdIsADuplicateForTheWindowAndAtMostAPartOfItLonger(@ForAll("steps") List<Step> steps) {
    long now = 1_000_000;
    for (Step step : steps) {
      now += step.millis();
      switch (step.kind()) {
        case ADD -> add(step.id(), now);
        case REMOVE -> {
          seen.remove(step.id());
          model.remove(step.id());
        }
        case EXPIRE -> {
          tick(now);
          seen.expire(now);
        }
      }
      assertThat((long) seen.size()).isBetween(surely(), perhaps());
    }
    assertThat(seen.forgotten()).isZero();
  }

  private void add(Fingerprint id, long now) {
    tick(now);
    boolean added = seen.add(id, now);
    Seen found = model.get(id);
    if (found == null || !isRemembered(found.atLatest(), WINDOW + PART)) {
      assertThat(added).isTrue();
    } else if (isRemembered(found.atEarliest(), WINDOW)) {
      assertThat(added).isFalse();
    }
    if (added) {
      model.put(id, new Seen(latest, latest));
    }
  }

  private void tick(long now) {
    if (now < latest - WINDOW) {
      model.values().removeIf(id -> !isRemembered(id.atLatest(), WINDOW + PART));
      model.replaceAll(
          (id, found) ->
              isRemembered(found.atEarliest(), WINDOW)
                  ? new Seen(now, now)
                  : new Seen(Long.MIN_VALUE / 2, now));
      latest = now;
    }
    latest = Math.max(latest, now);
  }

  private boolean isRemembered(long at, long millis) {
    return latest - at < millis;
  }

  private long surely() {
    return model.values().stream().filter(id -> isRemembered(id.atEarliest(), WINDOW)).count();
  }

  private long perhaps() {
    return model.values().stream().filter(id -> isRemembered(id.atLatest(), WINDOW + PART)).count();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Fingerprint> ids =
        Combinators.combine(
                Arbitraries.of(0L, 1L, 2L, 3L, -1L, -2L), Arbitraries.of(0L, 1L, 2L, -1L, -2L))
            .as(Fingerprint::new);
    Arbitrary<Long> millis =
        Arbitraries.frequencyOf(
            Tuple.of(8, Arbitraries.longs().between(0, 12)),
            Tuple.of(2, Arbitraries.longs().between(-30, 60)),
            Tuple.of(1, Arbitraries.longs().between(-300, 300)));
    Arbitrary<Kind> kinds =
        Arbitraries.frequency(
            Tuple.of(8, Kind.ADD), Tuple.of(1, Kind.REMOVE), Tuple.of(1, Kind.EXPIRE));
    return Combinators.combine(kinds, ids, millis).as(Step::new).list().ofMaxSize(200);
  }

  private enum Kind {
    ADD,
    REMOVE,
    EXPIRE
  }

  /**
   * When an id was seen. The instants differ if it may have been forgotten as the clock stepped
   * back.
   */
  private record Seen(long atEarliest, long atLatest) {}

  private record Step(Kind kind, Fingerprint id, long millis) {}
}
