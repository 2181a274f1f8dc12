package io.dromedary.delivery;

import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;

/**
 * The threads that run rounds where the JVM has no virtual ones: as many as may be of use at the
 * moment, so that one that has ended a round takes the next from the queue, and nobody is woken.
 * The queue is bounded by what the outbox's consumer has in flight. Threads that have nothing to do
 * end. Thread-safe.
 */
final class Workers extends ThreadPoolExecutor {

  private static final long LOOK_NANOS = Duration.ofMillis(10).toNanos();

  private final IntSupplier limit;
  private final int most;
  private final AtomicLong nextLookNanos = new AtomicLong(System.nanoTime());

  private Workers(String name, IntSupplier limit, int most) {
    super(1, most, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new Named(name));
    this.limit = limit;
    this.most = most;
    allowCoreThreadTimeOut(true);
  }

  /**
   * The threads of a destination.
   *
   * @param limit how many may be of use at the moment
   * @param most how many there may be
   */
  static ExecutorService of(String name, IntSupplier limit, int most) {
    ExecutorService virtual = VirtualThreads.executor(name);
    return virtual == null ? new Workers(name, limit, most) : virtual;
  }

  @Override
  public void execute(Runnable task) {
    long now = System.nanoTime();
    long next = nextLookNanos.get();
    if (now - next >= 0 && nextLookNanos.compareAndSet(next, now + LOOK_NANOS)) {
      int size = Math.max(1, Math.min(limit.getAsInt(), most));
      if (size != getCorePoolSize()) {
        setCorePoolSize(size);
      }
    }
    super.execute(task);
  }

  private static final class Named implements ThreadFactory {

    private final String name;
    private final AtomicInteger count = new AtomicInteger();

    Named(String name) {
      this.name = name;
    }

    @Override
    public Thread newThread(Runnable task) {
      return DeliveryThreads.daemon(task, name + "-" + count.incrementAndGet());
    }
  }
}
