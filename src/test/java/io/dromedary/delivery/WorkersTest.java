package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkersTest {

  private static final int LEAST = 4 * Runtime.getRuntime().availableProcessors();
  private static final Duration SOON = Duration.ofSeconds(8);

  private final CountDownLatch held = new CountDownLatch(1);
  private Workers workers = threads(1000);

  @AfterEach
  void close() {
    held.countDown();
    workers.shutdown();
  }

  private static Workers threads(int most) {
    return new Workers("test", LEAST, most, Integer.MAX_VALUE, () -> true, new WorkerThreads());
  }

  private void hold() {
    try {
      held.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes all threads that run at first. */
  private void holdAll() {
    CountDownLatch started = new CountDownLatch(LEAST);
    for (int i = 0; i < LEAST; i++) {
      workers.execute(
          () -> {
            started.countDown();
            hold();
          });
    }
    await().atMost(SOON).until(() -> started.getCount() == 0);
  }

  /** Starts so many tasks that hang, and waits until so many run; returns how many do. */
  private AtomicInteger holdUntilRunning(int tasks, int expected) {
    AtomicInteger running = new AtomicInteger();
    for (int i = 0; i < tasks; i++) {
      workers.execute(
          () -> {
            running.incrementAndGet();
            hold();
          });
    }
    adjustUntil(() -> running.get() == expected);
    return running;
  }

  private void adjustUntil(BooleanSupplier isReached) {
    await()
        .atMost(SOON)
        .pollInterval(Duration.ofMillis(20))
        .until(
            () -> {
              workers.adjust();
              return isReached.getAsBoolean();
            });
  }

  /** The threads sleep only ten seconds: a task whose wake-up is lost would be late. */
  @Test
  void noWakeUpIsLost() {
    int chains = LEAST - 1;
    AtomicInteger left = new AtomicInteger(200_000);
    CountDownLatch done = new CountDownLatch(chains);
    class Link implements Runnable {
      @Override
      public void run() {
        if (left.decrementAndGet() > 0) {
          workers.execute(this);
        } else {
          done.countDown();
        }
      }
    }
    IntStream.range(0, chains).forEach(chain -> workers.execute(new Link()));
    await().atMost(SOON).until(() -> done.getCount() == 0);
  }

  @Test
  void asManyRunAsHaveToBecauseTheOthersHang() {
    holdUntilRunning(500, 500);
  }

  @Test
  void neverMoreThanTheMostRun() {
    workers = threads(20);
    AtomicInteger running = holdUntilRunning(100, 20);
    for (int i = 0; i < 100; i++) {
      workers.adjust();
    }
    assertThat(running).hasValue(20);
    held.countDown();
    await().atMost(SOON).untilAsserted(() -> assertThat(running).hasValue(100));
  }

  @Test
  void partsOfWhatHasBegunGoFirst() {
    workers = threads(1);
    workers.execute(this::hold);
    List<String> order = new CopyOnWriteArrayList<>();
    workers.execute(() -> order.add("new 1"));
    workers.execute(() -> order.add("new 2"));
    workers.first().execute(() -> order.add("part"));
    assertThat(order).isEmpty();
    held.countDown();
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(order).containsExactly("part", "new 1", "new 2"));
  }

  @Test
  void whatWaitsStillRunsAtAShutdown() throws InterruptedException {
    holdAll();
    AtomicInteger ended = new AtomicInteger();
    IntStream.range(0, 50).forEach(i -> workers.execute(ended::incrementAndGet));
    workers.shutdown();
    assertThatThrownBy(() -> workers.execute(ended::incrementAndGet))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessageContaining("stopped");
    assertThat(workers.awaitTermination(1, TimeUnit.MILLISECONDS)).isFalse();
    held.countDown();
    assertThat(workers.awaitTermination(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(workers.isTerminated()).isTrue();
    assertThat(ended).hasValue(50);
  }

  @Test
  void aShutdownAtOnceGivesBackWhatWaits() throws InterruptedException {
    holdAll();
    Runnable task = () -> {};
    workers.execute(task);
    assertThat(workers.shutdownNow()).containsExactly(task);
    // What runs has been interrupted.
    assertThat(workers.awaitTermination(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aTaskThatThrowsCostsNoThread() {
    Set<String> threads = ConcurrentHashMap.newKeySet();
    AtomicInteger ended = new AtomicInteger();
    for (int i = 0; i < 5 * LEAST; i++) {
      workers.execute(
          () -> {
            threads.add(Thread.currentThread().getName());
            ended.incrementAndGet();
            throw new IllegalStateException("a task of a test fails");
          });
    }
    await()
        .dontCatchUncaughtExceptions()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(ended).hasValue(5 * LEAST));
    CountDownLatch all = new CountDownLatch(LEAST);
    IntStream.range(0, LEAST).forEach(i -> workers.execute(all::countDown));
    await().dontCatchUncaughtExceptions().atMost(SOON).until(() -> all.getCount() == 0);
    assertThat(threads).hasSizeLessThanOrEqualTo(LEAST);
  }

  @Test
  void anInterruptionIsOfItsTaskOnly() {
    AtomicInteger interrupted = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(2 * LEAST);
    holdAll();
    for (int i = 0; i < 2 * LEAST; i++) {
      workers.execute(
          () -> {
            interrupted.addAndGet(Thread.currentThread().isInterrupted() ? 1 : 0);
            Thread.currentThread().interrupt();
            done.countDown();
          });
    }
    held.countDown();
    await().atMost(SOON).until(() -> done.getCount() == 0);
    assertThat(interrupted).hasValue(0);
  }

  @Test
  void aTaskWaitsForTheGate() {
    StartGate gate = new StartGate(1);
    workers = Workers.of("test", 1000, gate);
    int begun = gate.begun();
    AtomicInteger ended = new AtomicInteger();
    workers.execute(ended::incrementAndGet);
    workers.execute(ended::incrementAndGet);
    workers.adjust();
    assertThat(ended).hasValue(0);
    gate.written(begun);
    await().atMost(SOON).untilAsserted(() -> assertThat(ended).hasValue(2));
  }

  @Test
  void whatWaitsForTheGateStillRunsAtAShutdown() throws InterruptedException {
    StartGate gate = new StartGate(1);
    workers = Workers.of("test", 1000, gate);
    gate.begun();
    AtomicInteger ended = new AtomicInteger();
    IntStream.range(0, 50).forEach(i -> workers.execute(ended::incrementAndGet));
    workers.shutdown();
    assertThat(workers.awaitTermination(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(ended).hasValue(50);
  }

  /** Whoever opens the gate looks whether a task waits while others look whether it is open. */
  @Test
  void noOpeningOfTheGateIsLost() {
    StartGate gate = new StartGate(2);
    workers = Workers.of("test", 1000, gate);
    int tasks = 100_000;
    CountDownLatch done = new CountDownLatch(tasks);
    ExecutorService writers = Executors.newFixedThreadPool(2);
    for (int i = 0; i < tasks; i++) {
      workers.execute(
          () -> {
            int begun = gate.begun();
            writers.execute(
                () -> {
                  gate.written(begun);
                  done.countDown();
                });
          });
    }
    // Nobody takes a look at the threads or at the gate.
    await().atMost(SOON).until(() -> done.getCount() == 0);
    writers.shutdown();
  }

  @Test
  void aSystemWithoutThreadsLosesNoTask() {
    AtomicInteger toFail = new AtomicInteger(3);
    WorkerThreads scarce =
        new WorkerThreads() {
          @Override
          Thread thread(Runnable task, String name, int others) {
            return new Thread(task, name) {
              @Override
              public synchronized void start() {
                if (toFail.getAndDecrement() > 0) {
                  throw new OutOfMemoryError("unable to create native thread");
                }
                super.start();
              }
            };
          }
        };
    workers = new Workers("test", LEAST, 1000, Integer.MAX_VALUE, () -> true, scarce);
    CountDownLatch done = new CountDownLatch(2);
    workers.execute(done::countDown);
    workers.execute(done::countDown);
    assertThat(done.getCount()).isEqualTo(2);
    adjustUntil(() -> done.getCount() == 0);
  }
}
