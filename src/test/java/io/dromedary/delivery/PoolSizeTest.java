package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against models of what a pool of so many threads gets done. */
class PoolSizeTest {

  private static final int LEAST = 8;
  private static final int MOST = 2000;
  private static final long TICK_NANOS = Duration.ofMillis(20).toNanos();

  private final PoolSize size = new PoolSize(LEAST, MOST);
  private long nowNanos = Long.MAX_VALUE - Duration.ofSeconds(5).toNanos();
  private double ended;

  /** What the threads of a pool get done. */
  private interface Load {
    /** Tasks a second. */
    double rate(int threads);

    /** As many tasks as there may be. */
    default int running(int threads) {
      return threads;
    }
  }

  /** What receivers that take so long and processors that manage so many tasks a second allow. */
  private static Load load(Duration answer, double most) {
    return threads -> Math.min(most, threads / Math.max(1e-9, answer.toNanos() / 1e9));
  }

  /** Runs for so long; returns how many threads there were on average in its second half. */
  private double run(Duration time, Load load) {
    long ticks = time.toNanos() / TICK_NANOS;
    double sum = 0;
    for (long tick = 0; tick < ticks; tick++) {
      nowNanos += TICK_NANOS;
      int threads = size.get();
      ended += load.rate(threads) * TICK_NANOS / 1e9;
      sum += tick < ticks / 2 ? 0 : threads;
      assertThat(size.next(nowNanos, (long) ended, load.running(threads))).isBetween(LEAST, MOST);
    }
    return sum / (ticks - ticks / 2);
  }

  private static Load noisy(Load load, int percent, long seed) {
    Random random = new Random(seed);
    return threads -> load.rate(threads) * (1 + (2 * random.nextDouble() - 1) * percent / 100.0);
  }

  @Test
  void processorsAloneNeedFewThreads() {
    assertThat(run(Duration.ofMinutes(1), load(Duration.ofNanos(1), 30_000))).isLessThan(2 * LEAST);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void aRateThatVariesDoesNotAddThreads(long seed) {
    Load load = noisy(load(Duration.ofNanos(1), 30_000), 30, seed);
    assertThat(run(Duration.ofMinutes(5), load)).isLessThan(4 * LEAST);
  }

  @Test
  void receiversThatTakeTheirTimeGetAsManyAsTheyNeed() {
    Load load = load(Duration.ofMillis(50), 1e9);
    run(Duration.ofSeconds(4), load);
    assertThat(run(Duration.ofMinutes(1), load)).isGreaterThan(0.9 * MOST);
  }

  @Test
  void noMoreThreadsThanProcessorsManage() {
    // 250 threads are as many as processors can have.
    double threads = run(Duration.ofMinutes(2), load(Duration.ofMillis(50), 5_000));
    assertThat(threads).isBetween(200.0, 600.0);
  }

  @Test
  void whereNothingEndsThereAreSoonAllThreads() {
    run(Duration.ofSeconds(3), load(Duration.ofDays(1), 1e9));
    assertThat(size.get()).isEqualTo(MOST);
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 50, 1000})
  void receiversThatBecomeFastGiveTheirThreadsBack(int millis) {
    run(Duration.ofMinutes(1), load(Duration.ofMillis(millis), 30_000));
    int slow = size.get();
    run(Duration.ofMinutes(2), load(Duration.ofNanos(1), 30_000));
    assertThat(slow).isGreaterThan(4 * LEAST);
    assertThat(run(Duration.ofMinutes(1), load(Duration.ofNanos(1), 30_000))).isLessThan(2 * LEAST);
  }

  @Test
  void receiversThatBecomeSlowGetThreadsWithinSeconds() {
    run(Duration.ofMinutes(5), load(Duration.ofNanos(1), 30_000));
    run(Duration.ofSeconds(5), load(Duration.ofMillis(50), 30_000));
    assertThat(size.get()).isGreaterThanOrEqualTo(MOST / 2);
  }

  @Test
  void threadsThatHaveNothingToDoTellNothing() {
    run(Duration.ofSeconds(10), load(Duration.ofMillis(50), 1e9));
    int before = size.get();
    Load half =
        new Load() {
          @Override
          public double rate(int threads) {
            return 1000;
          }

          @Override
          public int running(int threads) {
            return threads / 4;
          }
        };
    assertThat(run(Duration.ofMinutes(10), half)).isEqualTo(before);
  }

  @Test
  void threadsThatAreNotAllBusyAreKeptWhereMoreEnds() {
    // As where somebody else bounds what is in flight.
    Load bounded =
        new Load() {
          @Override
          public double rate(int threads) {
            return running(threads) / 0.05;
          }

          @Override
          public int running(int threads) {
            return Math.min(threads, 1400);
          }
        };
    run(Duration.ofSeconds(10), bounded);
    assertThat(run(Duration.ofMinutes(1), bounded)).isGreaterThan(1400);
  }

  /** As while the JVM compiles. */
  @Test
  void aPoolThatGetsFasterByItselfKeepsFewThreads() {
    double[] most = {1_000};
    Load load = threads -> most[0] = Math.min(30_000, most[0] * 1.02);
    run(Duration.ofSeconds(5), load);
    assertThat(size.get()).isLessThanOrEqualTo(4 * LEAST);
  }

  @Test
  void threadsThatAreHalfBusyAreGivenUpWhereFewerDo() {
    run(Duration.ofMinutes(1), load(Duration.ofSeconds(1), 1e9));
    assertThat(size.get()).isEqualTo(MOST);
    Load fast =
        new Load() {
          @Override
          public double rate(int threads) {
            return 30_000;
          }

          @Override
          public int running(int threads) {
            return Math.min(threads, MOST * 6 / 10);
          }
        };
    assertThat(run(Duration.ofMinutes(5), fast)).isLessThan(2 * LEAST);
  }

  @Test
  void thereMayBeFewerThanTheLeast() {
    PoolSize one = new PoolSize(LEAST, 1);
    assertThat(one.get()).isEqualTo(1);
    assertThat(one.next(0, 0, 1)).isEqualTo(1);
    assertThat(one.next(TICK_NANOS, 0, 1)).isEqualTo(1);
  }
}
