package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RetryScheduleTest {

  private static final Instant ACCEPTED = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration WINDOW = Duration.ofHours(4);

  private static RetrySchedule schedule(double jitter, double random) {
    return new RetrySchedule(
        WINDOW, Duration.ofSeconds(1), 2, Duration.ofMinutes(10), jitter, () -> random);
  }

  @Test
  void delaysGrowExponentiallyUpToTheCap() {
    RetrySchedule schedule = schedule(0, 0);
    List<Long> seconds = new ArrayList<>();
    for (int attempts = 1; attempts <= 12; attempts++) {
      seconds.add(schedule.delay(attempts).toSeconds());
    }
    assertThat(seconds)
        .containsExactly(1L, 2L, 4L, 8L, 16L, 32L, 64L, 128L, 256L, 512L, 600L, 600L);
    assertThat(schedule.delay(1_000_000)).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void jitterShortensAWaitAlsoAtTheCap() {
    assertThat(schedule(0.2, 0).delay(1)).isEqualTo(Duration.ofSeconds(1));
    assertThat(schedule(0.2, 0.5).delay(1)).isEqualTo(Duration.ofMillis(900));
    assertThat(schedule(0.2, 0.5).delay(50)).isEqualTo(Duration.ofMinutes(9));
    assertThat(schedule(1, 0.999999999).delay(1)).isEqualTo(Duration.ofMillis(1));
  }

  @Test
  void theLastAttemptIsWhenTheWindowCloses() {
    RetrySchedule schedule = schedule(0, 0);
    Instant end = ACCEPTED.plus(WINDOW);
    assertThat(schedule.next(20, 0, end.minusSeconds(601), ACCEPTED, null))
        .isEqualTo(end.minusSeconds(1));
    assertThat(schedule.next(20, 0, end.minusSeconds(599), ACCEPTED, null)).isEqualTo(end);
    assertThat(schedule.next(20, 0, end.minusMillis(1), ACCEPTED, null)).isEqualTo(end);
    assertThat(schedule.next(20, 0, end, ACCEPTED, null)).isNull();
    assertThat(schedule.next(20, 0, end.plusSeconds(1), ACCEPTED, null)).isNull();
  }

  @Test
  void aReceiverIsLeftAloneForAsLongAsItAsked() {
    RetrySchedule schedule = schedule(0, 0);
    Instant now = ACCEPTED.plusSeconds(10);
    assertThat(schedule.next(1, 0, now, ACCEPTED, now.plusSeconds(60)))
        .isEqualTo(now.plusSeconds(60));
    // The next attempt is later than the receiver asked for anyway.
    assertThat(schedule.next(10, 0, now, ACCEPTED, now.plusSeconds(60)))
        .isEqualTo(now.plusSeconds(512));
    assertThat(schedule.next(1, 0, now, ACCEPTED, ACCEPTED.plus(WINDOW)))
        .isEqualTo(ACCEPTED.plus(WINDOW));
    // Asked to wait beyond the window, the event gets its last attempt at the window's end.
    assertThat(schedule.next(1, 0, now, ACCEPTED, ACCEPTED.plus(WINDOW).plusMillis(1)))
        .isEqualTo(ACCEPTED.plus(WINDOW));
  }
}
