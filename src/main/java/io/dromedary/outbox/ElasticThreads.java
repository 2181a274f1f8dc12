package io.dromedary.outbox;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A thread pool for tasks that may block, such as the rest of a route. Thread-safe.
 *
 * <p>A few threads are created at the start and stay. As long as no task blocks, they do all the
 * work, which keeps a processor's caches warm. While tasks wait and the running ones take longer
 * than a tick of ten milliseconds, the number of threads doubles every tick up to a bound. Threads
 * that are idle for ten seconds end. So a task that blocks delays others by some ten milliseconds.
 * {@link #execute} never starts a thread, since its callers may neither wait nor fail.
 *
 * <p>Beyond the bound tasks wait in a queue, whose length the caller has to bound. {@link #failure}
 * reports if all threads are blocked, so that callers can refuse further tasks.
 *
 * <p>Anything that a task throws, even an {@link Error}, is logged and does not end the thread.
 */
final class ElasticThreads implements Executor, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(ElasticThreads.class);

  private static final long TICK_NANOS = Duration.ofMillis(10).toNanos();
  private static final long IDLE_MILLIS = 10_000;

  private final String name;
  private final int least;
  private final int most;
  private final Duration stuck;
  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  /** Set while the calling thread runs the tasks left after {@link #close}. */
  private final ThreadLocal<Boolean> runs = new ThreadLocal<>();

  private final AtomicInteger threads = new AtomicInteger();
  private final AtomicInteger busy = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder ended = new LongAdder();
  private final Thread watch;
  private volatile long movedNanos = System.nanoTime();
  private volatile boolean watchRests;
  private volatile boolean cannotGrow;
  private volatile boolean closed;

  /**
   * Starts threads.
   *
   * @param least the number of threads that are always there
   * @param most the number of threads that there may be while tasks block
   * @param stuck how long no task may begin or end before all threads are taken to be blocked
   */
  ElasticThreads(String name, int least, int most, Duration stuck) {
    this.name = name;
    this.least = least;
    this.most = Math.max(least, most);
    this.stuck = stuck;
    this.watch = new Thread(this::watch, name + "-watch");
    watch.setDaemon(true);
    try {
      for (int i = 0; i < least; i++) {
        threads.incrementAndGet();
        new Member().start();
      }
      watch.start();
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /**
   * Runs a task on one of the threads. After {@link #close} the caller runs it, since there may be
   * no thread left. If the caller is running such a task already, the new one is run after it:
   * nested calls of thousands of tasks would overflow the stack.
   */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (closed && runs.get() == null) {
      runs.set(true);
      try {
        // The threads may have ended, having found no task.
        for (Runnable left = tasks.poll(); left != null; left = tasks.poll()) {
          run(left);
        }
      } finally {
        runs.remove();
      }
    }
  }

  /** Whether the calling thread belongs to this pool. */
  boolean isMember() {
    return Thread.currentThread() instanceof Member member && member.owner() == this;
  }

  /** The number of threads. */
  int size() {
    return threads.get();
  }

  /** A wait that a task announces beforehand. */
  interface Wait<T> {
    T await() throws InterruptedException, ExecutionException;
  }

  /** Waits on a thread of this pool. Another thread takes its place, if the bound permits. */
  <T> T whileAnotherWorks(Wait<T> wait) throws InterruptedException, ExecutionException {
    if (threads.get() - waiting.incrementAndGet() < least) {
      add();
    }
    try {
      return wait.await();
    } finally {
      waiting.decrementAndGet();
    }
  }

  /** Why no task makes progress, or null if tasks do or there are none. */
  @Nullable String failure() {
    int now = threads.get();
    if (closed || tasks.isEmpty() || busy.get() < now || (now < most && !cannotGrow)) {
      return null;
    }
    Duration still = Duration.ofNanos(System.nanoTime() - movedNanos);
    return still.compareTo(stuck) < 0
        ? null
        : "all "
            + now
            + " threads of "
            + name
            + " have been blocked for "
            + still.toSeconds()
            + " s, and "
            + tasks.size()
            + " wait";
  }

  private boolean add() {
    int now = threads.get();
    if (now >= most || !threads.compareAndSet(now, now + 1)) {
      return false;
    }
    try {
      new Member().start();
      cannotGrow = false;
      return true;
    } catch (RuntimeException | Error e) {
      // The system has no more threads or no memory. The existing threads continue.
      threads.decrementAndGet();
      if (!cannotGrow) {
        LOG.warn("No more than {} threads of {} can be started: {}", now, name, e.toString());
      }
      cannotGrow = true;
      return false;
    }
  }

  private void watch() {
    long before = ended.sum();
    while (!closed) {
      try {
        // Clears a stray interrupt, which would keep this thread from parking.
        boolean unused = Thread.interrupted();
        if (busy.get() < threads.get()) {
          watchRests = true;
          // Checked again: a thread that has taken a task meanwhile has not seen watchRests.
          if (busy.get() < threads.get() && !closed) {
            LockSupport.park(this);
          }
          watchRests = false;
          before = ended.sum();
        }
        LockSupport.parkNanos(this, TICK_NANOS);
        long now = ended.sum();
        int size = threads.get();
        if (now - before < size && busy.get() >= size) {
          for (int more = Math.min(size, tasks.size()); more > 0 && add(); more--) {
            // One more.
          }
        }
        before = now;
      } catch (RuntimeException | Error e) {
        LOG.error("The watch of the threads of {} continues after an error", name, e);
      }
    }
  }

  private void run(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      report("A task of {} has failed", e);
    }
  }

  private void report(String what, Throwable failure) {
    try {
      LOG.error(what, name, failure);
    } catch (Throwable e) {
      // Probably there is no memory left, so this cannot be logged, either.
    }
  }

  private final class Member extends Thread {

    /** The task that it has taken and not started yet. */
    private @Nullable Runnable next;

    Member() {
      super(name);
      setDaemon(true);
    }

    ElasticThreads owner() {
      return ElasticThreads.this;
    }

    @Override
    public void run() {
      while (true) {
        try {
          if (next == null) {
            next = tasks.poll(closed ? 0 : IDLE_MILLIS, TimeUnit.MILLISECONDS);
          }
          if (next != null) {
            work();
          } else if (closed || mayEnd()) {
            return;
          }
        } catch (InterruptedException e) {
          // The interrupt was meant for an earlier task, not for the next one.
        } catch (Throwable e) {
          report("A thread of {} continues after an error", e);
        }
      }
    }

    private void work() {
      movedNanos = System.nanoTime();
      if (busy.incrementAndGet() >= threads.get() && watchRests) {
        LockSupport.unpark(watch);
      }
      Runnable task = Objects.requireNonNull(next);
      try {
        next = null;
        task.run();
      } catch (Throwable e) {
        report("A task of {} has failed", e);
      } finally {
        movedNanos = System.nanoTime();
        busy.decrementAndGet();
        ended.increment();
      }
    }

    private boolean mayEnd() {
      int now = threads.get();
      return now > least && threads.compareAndSet(now, now - 1);
    }
  }

  /** Lets the threads end after the tasks that are queued. Does not wait for them. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(watch);
    for (int i = threads.get(); i > 0; i--) {
      tasks.add(() -> {}); // Wakes a thread.
    }
  }
}
