package io.dromedary.delivery.attempt;

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
 * The thread pool that runs rounds on a JVM without virtual threads. Its size follows the number of
 * threads that are useful at the moment, so that a thread that has ended a round takes the next one
 * from the queue and no thread has to be woken. The number of events in flight bounds the queue.
 * Idle threads end, and so do superfluous ones: idle threads take turns, so each task would wake
 * one. Thread-safe.
 */
public final class Workers extends ThreadPoolExecutor {

  private static final long LOOK_NANOS = Duration.ofMillis(10).toNanos();

  /** Shrinking the pool visits each of its threads, of which there may be thousands. */
  private static final long FEWER_NANOS = Duration.ofMillis(100).toNanos();

  private final IntSupplier limit;
  private final int most;
  private final AtomicLong nextLookNanos = new AtomicLong(System.nanoTime());
  private volatile IntSupplier lost = () -> 0;
  private long fewerNanos = System.nanoTime();

  private Workers(String name, IntSupplier limit, int most) {
    // The queue is never full, so the pool never grows beyond its core size.
    super(1, 1, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), new Named(name));
    this.limit = limit;
    this.most = most;
    allowCoreThreadTimeOut(true);
  }

  /**
   * Creates the threads of a destination.
   *
   * @param limit returns how many threads are useful at the moment
   * @param most the maximum number of threads
   */
  public static ExecutorService of(String name, IntSupplier limit, int most) {
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
      // The system has no thread left, so the existing threads run the task.
      getQueue().add(task);
    }
  }

  /** Adds threads in place of threads that are stuck. */
  public void replace(IntSupplier lost) {
    this.lost = lost;
  }

  /** Adjusts the number of threads. */
  public synchronized void look() {
    int size = Math.max(1, Math.min(limit.getAsInt(), most)) + lost.getAsInt();
    int now = getCorePoolSize();
    if (size > now) {
      setMaximumPoolSize(size);
      setCorePoolSize(size);
    } else if (size < now && System.nanoTime() - fewerNanos >= FEWER_NANOS) {
      fewerNanos = System.nanoTime();
      // The number shrinks gradually, because the need goes up and down.
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
