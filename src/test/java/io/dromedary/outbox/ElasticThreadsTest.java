package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ElasticThreadsTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  private final CountDownLatch ends = new CountDownLatch(1);
  private final AtomicInteger begun = new AtomicInteger();
  private ElasticThreads threads = new ElasticThreads("test", 2, 8, Duration.ofMillis(50));

  @AfterEach
  void close() {
    ends.countDown();
    threads.close();
  }

  private void block() {
    begun.incrementAndGet();
    try {
      assertThat(ends.await(AT_MOST.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void block(int tasks) {
    for (int i = 0; i < tasks; i++) {
      threads.execute(this::block);
    }
  }

  /** Waits until tasks have begun, which is a moment after threads have taken them. */
  private void awaitBegun(int tasks) {
    await().atMost(AT_MOST).until(() -> begun.get() == tasks);
  }

  /** Returns when a task has been run. */
  private void run() throws Exception {
    CompletableFuture<Void> ran = new CompletableFuture<>();
    threads.execute(() -> ran.complete(null));
    ran.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
  }

  @Test
  void tasksThatDoNotBlockShareTheThreadsThatAreAlwaysThere() throws Exception {
    for (int i = 0; i < 1000; i++) {
      run();
    }
    assertThat(threads.size()).isBetween(2, 4); // A busy machine can hold both up for a tick.
  }

  @Test
  void thereAreMoreWhileTasksBlockUpToABound() throws Exception {
    block(7);
    run();
    awaitBegun(7);
    block(3);
    await().atMost(AT_MOST).until(() -> threads.failure() != null);
    assertThat(threads.size()).isEqualTo(8);
    awaitBegun(8);
    assertThat(threads.failure())
        .matches("all 8 threads of test have been blocked for \\d+ s, and 2 wait");
    ends.countDown();
    run();
    awaitBegun(10);
    assertThat(threads.failure()).isNull();
  }

  @Test
  void anotherTakesThePlaceOfOneThatIsKnownToWait() throws Exception {
    CompletableFuture<Void> all = new CompletableFuture<>();
    for (int i = 0; i < 6; i++) {
      threads.execute(
          () -> {
            if (begun.incrementAndGet() == 6) {
              all.complete(null);
            }
            try {
              threads.whileAnotherWorks(all::get);
            } catch (Exception e) {
              throw new IllegalStateException(e);
            }
          });
    }
    all.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
    run();
  }

  @Test
  void nothingThatIsThrownEndsAThread() throws Exception {
    for (int i = 0; i < 20; i++) {
      threads.execute(
          () -> {
            Thread.currentThread().interrupt();
            throw new StackOverflowError("a test's");
          });
      run();
    }
    assertThat(threads.size()).isBetween(2, 4); // A busy machine can hold both up for a tick.
  }

  @Test
  void whatHasBeenTakenIsDoneAfterItsEndToo() throws Exception {
    block(2);
    await().atMost(AT_MOST).until(() -> begun.get() == 2);
    CompletableFuture<Void> before = new CompletableFuture<>();
    threads.execute(() -> before.complete(null));
    threads.close();
    run();
    ends.countDown();
    before.get(AT_MOST.toSeconds(), TimeUnit.SECONDS);
  }

  /** When the outbox is closed, each claim that is given back causes the next to be given back. */
  @Test
  void afterTheEndTasksThatGiveOneAnotherAreRunOneBehindTheOther() {
    threads.close();
    AtomicInteger ran = new AtomicInteger();
    giveAnother(ran, 50_000);
    await().atMost(AT_MOST).untilAsserted(() -> assertThat(ran).hasValue(50_000));
  }

  private void giveAnother(AtomicInteger ran, int left) {
    if (left > 0) {
      threads.execute(
          () -> {
            ran.incrementAndGet();
            giveAnother(ran, left - 1);
          });
    }
  }
}
