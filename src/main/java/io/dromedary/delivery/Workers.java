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
 * end, and so do those that are too many: idle ones take turns, so that each task would wake one.
 * Thread-safe.
 */
final class Workers extends ThreadPoolExecutor {

  private static final long LOOK_NANOS = Duration.ofMillis(10).toNanos();

  /** Having fewer makes the pool look at each of its threads, of which there may be thousands. */
  private static final long FEWER_NANOS = Duration.ofMillis(100).toNanos();

  private final IntSupplier limit;
  private final int most;
  private final AtomicLong nextLookNanos = new AtomicLong(System.nanoTime());
  private volatile IntSupplier lost = () -> 0;
  private long fewerNanos = System.nanoTime();

  private Workers(String name, IntSupplier limit, int most) {
    // The queue is never full, so there are never more than the core.
    super(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new Named(name));
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
      look();
    }
    try {
      super.execute(task);
    } catch (OutOfMemoryError e) {
      if (getPoolSize() == 0) {
        throw e;
      }
      // The system has no thread left: those that there are do it.
      getQueue().add(task);
    }
  }

  /** Has others run in the place of threads that do not come back. */
  void replace(IntSupplier lost) {
    this.lost = lost;
  }

  /** Adjusts how many threads there are. */
  synchronized void look() {
    int size = Math.max(1, Math.min(limit.getAsInt(), most)) + lost.getAsInt();
    int now = getCorePoolSize();
    if (size > now) {
      setMaximumPoolSize(size);
      setCorePoolSize(size);
    } else if (size < now && System.nanoTime() - fewerNanos >= FEWER_NANOS) {
      fewerNanos = System.nanoTime();
      // Not all at once, as it goes up and down.
      int fewer = now - (now - size + 3) / 4;
      setCorePoolSize(fewer);
      setMaximumPoolSize(fewer);
    }
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
