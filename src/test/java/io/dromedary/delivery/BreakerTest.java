package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.SettableClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class BreakerTest {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final SettableClock clock = new SettableClock(START);
  private final Breaker breaker = new Breaker(clock);

  @Test
  void staysClosedBelowTenAttempts() {
    fail(9);
    assertThat(breaker.isOpen()).isFalse();
    assertThat(breaker.openUntil()).isNull();
    fail(1);
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.openUntil()).isEqualTo(START.plusSeconds(5));
    assertThat(breaker.tryAcquire()).isFalse();
  }

  @Test
  void opensAtHalfOfTheLastTwenty() {
    accept(20);
    fail(9);
    assertThat(breaker.isOpen()).isFalse();
    fail(1);
    assertThat(breaker.isOpen()).isTrue();
  }

  @Test
  void whatIsLongerAgoThanTwentyAttemptsIsForgotten() {
    accept(1000);
    for (int i = 0; i < 100; i++) {
      fail(9);
      accept(11);
    }
    assertThat(breaker.isOpen()).isFalse();
  }

  @Test
  void whatWasNeverAttemptedDoesNotCount() {
    fail(9);
    for (int i = 0; i < 100; i++) {
      acquire();
      breaker.release();
    }
    assertThat(breaker.isOpen()).isFalse();
    fail(1);
    assertThat(breaker.isOpen()).isTrue();
  }

  @Test
  void rejectionsKeepItClosed() {
    // The caller reports what is rejected for good as it does what is accepted.
    for (int i = 0; i < 100; i++) {
      accept(2);
      fail(1);
      assertThat(breaker.isOpen()).isFalse();
    }
  }

  @Test
  void isOpenUntilTheInstantItNames() {
    fail(10);
    clock.set(START.plusSeconds(5).minusNanos(1));
    assertThat(breaker.isOpen()).isTrue();
    assertThat(breaker.tryAcquire()).isFalse();
    clock.set(START.plusSeconds(5));
    assertThat(breaker.isOpen()).isFalse();
    assertThat(breaker.openUntil()).isNull();
    assertThat(breaker.tryAcquire()).isTrue();
  }

  @Test
  void waitsTwiceAsLongAfterEachFailedProbeUpToAMinute() {
    assertThat(waits(8)).containsExactly(5L, 10L, 20L, 40L, 60L, 60L, 60L, 60L);
  }

  @Test
  void aSuccessfulProbeClosesItAndForgetsTheOutage() {
    waits(6);
    acquire();
    breaker.accepted();
    assertThat(breaker.isOpen()).isFalse();
    fail(9);
    assertThat(breaker.isOpen()).isFalse();
    assertThat(waits(3)).containsExactly(5L, 10L, 20L);
  }

  @Test
  void permitsOneProbeAtATime() {
    fail(10);
    clock.advance(Duration.ofSeconds(5));
    for (int i = 0; i < 3; i++) {
      assertThat(breaker.tryAcquire()).isTrue();
      assertThat(breaker.tryAcquire()).isFalse();
      // It is about to be known whether it is open.
      assertThat(breaker.isOpen()).isFalse();
      breaker.release();
    }
    acquire();
    breaker.failed();
    assertThat(breaker.openUntil()).isEqualTo(clock.instant().plusSeconds(10));
  }

  @Test
  void attemptsFromBeforeItOpenedAreNoProbes() {
    for (int i = 0; i < 3; i++) {
      acquire();
    }
    fail(10);
    clock.advance(Duration.ofSeconds(5));
    // An outcome of any of the three would be taken for that of the probe.
    assertThat(breaker.tryAcquire()).isFalse();
    breaker.failed();
    breaker.accepted();
    assertThat(breaker.tryAcquire()).isFalse();
    breaker.release();
    assertThat(breaker.tryAcquire()).isTrue();
    assertThat(breaker.tryAcquire()).isFalse();
    breaker.failed();
    assertThat(breaker.openUntil()).isEqualTo(clock.instant().plusSeconds(10));
  }

  @Test
  void aClockThatIsSetBackMakesNoWaitLonger() {
    fail(10);
    clock.advance(Duration.ofHours(-1));
    assertThat(breaker.isOpen()).isFalse();
    acquire();
    breaker.failed();
    assertThat(breaker.openUntil()).isEqualTo(clock.instant().plusSeconds(10));
  }

  @Test
  void permitsOneProbeAmongManyThreads() throws Exception {
    fail(10);
    race(
        200,
        () -> {
          clock.advance(Duration.ofSeconds(60));
          assertThat(breaker.isOpen()).isFalse();
        },
        breaker::tryAcquire,
        permitted -> {
          assertThat(permitted).isEqualTo(1);
          breaker.failed();
          assertThat(breaker.isOpen()).isTrue();
        });
  }

  @Test
  void losesCountOfNoAttemptThatRacesWithItsOpening() throws Exception {
    race(
        1000,
        () -> assertThat(breaker.isOpen()).isFalse(),
        () -> {
          while (breaker.tryAcquire()) {
            breaker.failed();
          }
          return false;
        },
        permitted -> {
          assertThat(breaker.openUntil()).isEqualTo(clock.instant().plusSeconds(5));
          clock.advance(Duration.ofSeconds(5));
          // One counted as under way for ever would keep the probe back.
          acquire();
          assertThat(breaker.tryAcquire()).isFalse();
          breaker.accepted();
        });
  }

  private void acquire() {
    assertThat(breaker.tryAcquire()).isTrue();
  }

  private void fail(int attempts) {
    for (int i = 0; i < attempts; i++) {
      acquire();
      breaker.failed();
    }
  }

  private void accept(int attempts) {
    for (int i = 0; i < attempts; i++) {
      acquire();
      breaker.accepted();
    }
  }

  /** Fails until it opens, lets so many probes fail, and says how many seconds it was open. */
  private List<Long> waits(int openings) {
    while (!breaker.isOpen()) {
      fail(1);
    }
    List<Long> seconds = new ArrayList<>();
    while (true) {
      Duration wait = Duration.between(clock.instant(), breaker.openUntil());
      seconds.add(wait.toSeconds());
      clock.advance(wait);
      if (seconds.size() == openings) {
        return seconds;
      }
      fail(1);
    }
  }

  /** Lets 16 threads ask at the same time, again and again, and checks how many had a yes. */
  private static void race(int rounds, Runnable before, Callable<Boolean> ask, Check check)
      throws Exception {
    int threads = 16;
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier start = new CyclicBarrier(threads);
      Callable<Boolean> task =
          () -> {
            start.await(10, TimeUnit.SECONDS);
            return ask.call();
          };
      List<Callable<Boolean>> tasks = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        tasks.add(task);
      }
      for (int round = 0; round < rounds; round++) {
        before.run();
        int yes = 0;
        for (Future<Boolean> answer : pool.invokeAll(tasks)) {
          yes += answer.get() ? 1 : 0;
        }
        check.accept(yes);
      }
    } finally {
      pool.shutdownNow();
    }
  }

  private interface Check {
    void accept(int yes);
  }
}
