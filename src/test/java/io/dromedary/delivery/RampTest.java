package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RampTest {

  private final Ramp ramp = new Ramp(100);

  @Test
  void undisturbedItStaysAtTheMost() {
    assertThat(ramp.limit()).isEqualTo(100);
    ramp.accepted();
    assertThat(ramp.limit()).isEqualTo(100);
    ramp.failed();
    assertThat(ramp.limit()).isEqualTo(100);
  }

  @Test
  void aPauseLastsUntilTheProbe() {
    ramp.pause();
    assertThat(ramp.limit()).isZero();
    // Rounds that were in flight at the pause say nothing of the time after it.
    ramp.accepted();
    ramp.failed();
    assertThat(ramp.limit()).isZero();
    ramp.probe();
    assertThat(ramp.limit()).isEqualTo(1);
  }

  @Test
  void doublesEveryRoundTripUpToTheMost() {
    ramp.pause();
    ramp.probe();
    List<Integer> limits = new ArrayList<>();
    for (int roundTrip = 0; roundTrip < 8; roundTrip++) {
      for (int inFlight = ramp.limit(); inFlight > 0; inFlight--) {
        ramp.accepted();
      }
      limits.add(ramp.limit());
    }
    assertThat(limits).containsExactly(2, 4, 8, 16, 32, 64, 100, 100);
    ramp.failed();
    assertThat(ramp.limit()).isEqualTo(100);
  }

  @Test
  void failuresHalveItDownToOne() {
    ramp.probe();
    for (int i = 1; i < 11; i++) {
      ramp.accepted();
    }
    List<Integer> limits = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      limits.add(ramp.limit());
      ramp.failed();
    }
    assertThat(limits).containsExactly(11, 5, 2, 1, 1);
    ramp.accepted();
    assertThat(ramp.limit()).isEqualTo(2);
  }

  @Test
  void oneIsTheProbeAndTheMost() {
    Ramp one = new Ramp(1);
    one.pause();
    assertThat(one.limit()).isZero();
    one.probe();
    one.accepted();
    one.failed();
    assertThat(one.limit()).isEqualTo(1);
  }

  @Test
  void theMostIsAtLeastOne() {
    assertThatThrownBy(() -> new Ramp(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("most is 0, expected at least 1");
  }

  @Test
  void noneOfManyThreadsIsLostOrOneTooMany() throws Exception {
    int threads = 4;
    int each = 200_000;
    Ramp exact = new Ramp(threads * each + 2);
    Ramp full = new Ramp(threads * each);
    exact.probe();
    full.probe();
    onThreads(
        threads,
        each,
        () -> {
          exact.accepted();
          full.accepted();
        });
    assertThat(exact.limit()).isEqualTo(threads * each + 1);
    assertThat(full.limit()).isEqualTo(threads * each);
  }

  @Test
  void noOutcomeOnAnotherThreadEndsAPause() throws Exception {
    AtomicInteger thread = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    onThreads(
        4,
        1,
        () -> {
          boolean pauses = thread.getAndIncrement() == 0;
          for (int i = 0; i < 100_000; i++) {
            if (pauses) {
              ramp.probe();
              ramp.accepted();
              ramp.pause();
              // Longer than another thread needs from its look at the limit to its change.
              for (int look = 0; look < 20; look++) {
                ended.addAndGet(ramp.limit());
              }
            } else {
              ramp.accepted();
              ramp.failed();
            }
          }
        });
    assertThat(ended).hasValue(0);
  }

  private static void onThreads(int threads, int times, Runnable task) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier start = new CyclicBarrier(threads);
      List<Callable<Object>> tasks = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        tasks.add(
            () -> {
              start.await(10, TimeUnit.SECONDS);
              for (int n = 0; n < times; n++) {
                task.run();
              }
              return threads;
            });
      }
      for (Future<Object> end : pool.invokeAll(tasks)) {
        end.get();
      }
    } finally {
      pool.shutdownNow();
    }
  }
}
