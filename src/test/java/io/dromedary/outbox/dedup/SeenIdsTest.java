package io.dromedary.outbox.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SeenIdsTest {

  private static final Duration WINDOW = Duration.ofHours(24);
  private static final long DAY = WINDOW.toMillis();
  private static final long HOUR = DAY / 24;
  private static final long NOW = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();
  private static final Fingerprint ID = Fingerprint.of("default", "msg-1");

  private final SeenIds seen = new SeenIds(WINDOW, 1_000);

  private static Fingerprint id(long number) {
    return new Fingerprint(number << 58, number);
  }

  @Test
  void anIdIsADuplicateForTheWindow() {
    assertThat(seen.add(ID, NOW)).isTrue();
    assertThat(seen.add(ID, NOW)).isFalse();
    assertThat(seen.add(ID, NOW + DAY - 1)).isFalse();
    assertThat(seen.size()).isEqualTo(1);
    // Seeing the id again did not prolong its window.
    assertThat(seen.add(ID, NOW + DAY)).isTrue();
    assertThat(seen.add(ID, NOW + DAY + DAY - 1)).isFalse();
    assertThat(seen.forgotten()).isZero();
  }

  @Test
  void anIdIsRememberedForTheRestOfItsGenerationToo() {
    long last = NOW + HOUR - 1;
    seen.add(ID, NOW);
    seen.add(id(2), last);
    assertThat(seen.add(ID, last + DAY - 1)).isFalse();
    assertThat(seen.add(ID, last + DAY)).isTrue();
  }

  @Test
  void aGenerationEndsAfterA24thOfTheWindow() {
    seen.add(ID, NOW);
    seen.add(id(2), NOW + HOUR);
    assertThat(seen.add(ID, NOW + DAY)).isTrue();
    assertThat(seen.add(id(2), NOW + DAY)).isFalse();
  }

  @Test
  void expiresGenerationByGeneration() {
    for (int hour = 0; hour < 24; hour++) {
      assertThat(seen.add(id(hour), NOW + hour * HOUR)).isTrue();
    }
    for (int hour = 0; hour < 24; hour++) {
      seen.expire(NOW + DAY + hour * HOUR - 1);
      assertThat(seen.size()).isEqualTo(24 - hour);
      seen.expire(NOW + DAY + hour * HOUR);
      assertThat(seen.size()).isEqualTo(23 - hour);
    }
    assertThat(seen.forgotten()).isZero();
  }

  @Test
  void anIdThatWasRemovedIsNew() {
    seen.add(ID, NOW);
    seen.add(id(2), NOW);
    seen.remove(ID);
    assertThat(seen.size()).isEqualTo(1);
    assertThat(seen.add(id(2), NOW)).isFalse();
    assertThat(seen.add(ID, NOW)).isTrue();
  }

  @Test
  void anIdOfAnEarlierGenerationCanBeRemoved() {
    seen.add(ID, NOW);
    seen.add(id(2), NOW + 2 * HOUR);
    seen.remove(ID);
    assertThat(seen.size()).isEqualTo(1);
    assertThat(seen.add(ID, NOW + 2 * HOUR)).isTrue();
    // The id is in the later generation now.
    assertThat(seen.add(ID, NOW + DAY + 2 * HOUR - 1)).isFalse();
  }

  @Test
  void removingWhatIsNotThereChangesNothing() {
    seen.remove(ID);
    seen.add(id(2), NOW);
    seen.remove(ID);
    assertThat(seen.size()).isEqualTo(1);
    seen.expire(NOW + DAY);
    seen.remove(id(2));
    assertThat(seen.size()).isZero();
  }

  @Test
  void whileTheClockIsBehindAnIdIsOfTheNewestGeneration() {
    seen.add(ID, NOW);
    assertThat(seen.add(id(2), NOW - 5 * HOUR)).isTrue();
    assertThat(seen.add(ID, NOW - 5 * HOUR)).isFalse();
    assertThat(seen.add(id(2), NOW + DAY - 1)).isFalse();
    assertThat(seen.add(id(2), NOW + DAY)).isTrue();
  }

  @Test
  void aClockThatWasFarAheadDoesNotMakeIdsStayForEver() {
    long wrong = NOW + 1_000 * DAY;
    seen.add(ID, wrong);
    assertThat(seen.add(id(2), NOW)).isTrue();
    assertThat(seen.add(ID, NOW + DAY - 1)).isFalse();
    seen.expire(NOW + DAY);
    assertThat(seen.size()).isZero();
    assertThat(seen.add(ID, NOW + DAY)).isTrue();
  }

  @Test
  void aClockThatIsSetBackAgainAndAgainLosesNothing() {
    SeenIds seen = new SeenIds(WINDOW, 10_000);
    int added = 0;
    long now = NOW;
    for (int back = 0; back < 10; back++) {
      for (int hour = 0; hour < 24; hour++) {
        assertThat(seen.add(id(added++), now + hour * HOUR)).isTrue();
      }
      now -= 2 * DAY;
    }
    assertThat(seen.size()).isEqualTo(added);
    for (int i = 0; i < added; i++) {
      assertThat(seen.add(id(i), now)).isFalse();
    }
    assertThat(seen.forgotten()).isZero();
  }

  @Test
  void tooManyMakeItForgetA24thTheOldest() {
    for (int i = 0; i < 1_000; i++) {
      assertThat(seen.add(id(i), NOW)).isTrue();
    }
    assertThat(seen.size()).isEqualTo(1_000);
    assertThat(seen.forgotten()).isZero();
    assertThat(seen.add(id(1_000), NOW)).isTrue();
    assertThat(seen.forgotten()).isEqualTo(42);
    assertThat(seen.size()).isEqualTo(1_001 - 42);
    for (int i = 42; i <= 1_000; i++) {
      assertThat(seen.add(id(i), NOW)).isFalse();
    }
    assertThat(seen.add(id(0), NOW)).isTrue();
  }

  @Test
  void howeverFewItMayRememberItRemembersTheLast() {
    for (int most = 1; most <= 60; most++) {
      SeenIds seen = new SeenIds(WINDOW, most);
      for (int i = 0; i < 1_000; i++) {
        assertThat(seen.add(id(i), NOW + i)).isTrue();
        assertThat(seen.add(id(i), NOW + i)).isFalse();
        assertThat(seen.size()).isBetween(1, most);
        assertThat(seen.size() + seen.forgotten()).isEqualTo(i + 1);
      }
    }
  }

  @Test
  void batchesThatFailAgainAndAgainDoNotMakeItForget() {
    for (int i = 0; i < 900; i++) {
      seen.add(id(i), NOW);
    }
    for (int batch = 0; batch < 1_000; batch++) {
      for (int i = 900; i < 1_000; i++) {
        assertThat(seen.add(id(i), NOW)).isTrue();
      }
      for (int i = 900; i < 1_000; i++) {
        seen.remove(id(i));
      }
    }
    assertThat(seen.size()).isEqualTo(900);
    assertThat(seen.forgotten()).isZero();
  }

  @Test
  void ofAMillionIdsNoneIsLostAndNoneFoundFalsely() {
    int million = 1_000_000;
    SeenIds seen = new SeenIds(WINDOW, million);
    long idle = seen.bytes();
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < million; i++) {
      Fingerprint id = new Fingerprint(random.nextLong(), random.nextLong());
      // Not assertThat: a million of them take ten times as long as the code under test.
      if (!seen.add(id, NOW + i * (DAY - 1) / million)) {
        throw new AssertionError("found falsely: " + i);
      }
      if (i % 1_000 == 0 && seen.bytes() > idle + 32L * i) {
        throw new AssertionError(seen.bytes() + " bytes for " + i + " ids");
      }
    }
    assertThat(seen.size()).isEqualTo(million);
    assertThat(seen.bytes()).isLessThan(32L * million);
    random = new SplittableRandom(1);
    for (int i = 0; i < million; i++) {
      if (seen.add(new Fingerprint(random.nextLong(), random.nextLong()), NOW + DAY - 1)) {
        throw new AssertionError("lost: " + i);
      }
    }
    assertThat(seen.forgotten()).isZero();
    seen.expire(NOW + 2 * DAY);
    assertThat(seen.size()).isZero();
    assertThat(seen.bytes()).isEqualTo(idle);
  }

  @Test
  void refusesAnEmptyWindowAndNoIds() {
    assertThatThrownBy(() -> new SeenIds(Duration.ofNanos(999_999), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The window must be at least 1 ms, but found PT0.000999999S");
    assertThatThrownBy(() -> new SeenIds(WINDOW, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("At least 1 id must be remembered, but found 0");
  }
}
