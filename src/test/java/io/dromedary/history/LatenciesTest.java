package io.dromedary.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the quantiles of durations that are counted in buckets. */
class LatenciesTest {

  private static Latencies of(long... durations) {
    Latencies.Live live = new Latencies.Live();
    for (long duration : durations) {
      live.record(duration);
    }
    return live.take();
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, 7, 8, 9, 15, 16, 17, 100, 999, 4_095, 4_096, 1_000_000, 14_400_000_000L})
  void aDurationIsToldToSixPercent(long duration) {
    assertThat(of(duration).quantile(0.5)).isCloseTo((double) duration, within(duration * 0.063));
  }

  @Test
  void quantilesAreThoseOfTheSortedDurations() {
    long[] durations = new Random(42).longs(10_000, 0, 5_000_000).toArray();
    Latencies counted = of(durations);
    Arrays.sort(durations);
    for (int percent : new int[] {1, 50, 95, 99}) {
      double exact = durations[durations.length * percent / 100 - 1];
      assertThat(counted.quantile(percent / 100.0)).isCloseTo(exact, within(exact * 0.08));
    }
  }

  @Test
  void countsAreAddedUpAndComeBackFromBytes() {
    Latencies sum = of(5, 5, 300);
    sum.add(of(300, 70_000));
    Latencies read = new Latencies();
    read.add(sum.toBytes());
    assertThat(read.size()).isEqualTo(5);
    assertThat(read.toBytes()).isEqualTo(sum.toBytes());
    assertThat(read.quantile(0.4)).isEqualTo(5);
    assertThat(read.quantile(1)).isCloseTo(70_000, within(4_400.0));
    assertThat(new Latencies().quantile(0.5)).isNaN();
  }

  @Test
  void whatIsTakenIsNotTakenAgain() {
    Latencies.Live live = new Latencies.Live();
    live.record(5);
    assertThat(live.take().size()).isEqualTo(1);
    assertThat(live.take().size()).isZero();
    live.record(Long.MAX_VALUE);
    assertThat(live.take().size()).isEqualTo(1);
  }
}
