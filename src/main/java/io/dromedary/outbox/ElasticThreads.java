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
 * Threads for tasks that may block, such as the rest of a route. Thread-safe.
 *
 * <p>A few are always there, made at the start: as long as no task blocks they do everything, which
 * keeps a processor's caches warm. While tasks wait and those that run take longer than a tick of
 * ten milliseconds, the number of threads doubles every tick up to a bound, and who has nothing to
 * do for ten seconds ends. So a task that blocks delays others by some ten milliseconds, and {@link
 * #execute} never makes a thread: it is called by threads that may neither wait nor fail.
 *
 * <p>Beyond the bound tasks wait in a queue, whose length is for the caller to bound. {@link
 * #failure} says when nothing goes on any more, so that callers can refuse what would only wait.
 *
 * <p>What a task throws is logged, an {@link Error} too, and ends no thread.
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

  /** Set while the calling thread runs what nobody else does. */
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
   * @param least how many are always there
   * @param most how many there may be while tasks block
   * @param stuck after how long without a task that begins or ends none is expected to
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
   * Takes a task. After {@link #close} the caller runs it, since nobody else does, or if it is in
   * such a task itself, behind that: one inside another, thousands would overflow its stack.
   */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
    if (closed && runs.get() == null) {
      runs.set(true);
      try {
        // The threads may have looked for the last time.
        for (Runnable left = tasks.poll(); left != null; left = tasks.poll()) {
          run(left);
        }
      } finally {
        runs.remove();
      }
    }
  }

  /** Whether the calling thread is one of these. */
  boolean isMember() {
    return Thread.currentThread() instanceof Member member && member.owner() == this;
  }

  /** How many threads there are. */
  int size() {
    return threads.get();
  }

  /** A wait of a task of which it is known beforehand. */
  interface Wait<T> {
    T await() throws InterruptedException, ExecutionException;
  }

  /** Waits on one of these threads; another takes its place, as far as there may be more. */
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

  /** Why nothing goes on, or null while something does or nothing has to. */
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
      // The system has no more of them, or no memory: those that there are go on.
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
        // Meant for nobody here; it would not rest any more.
        boolean unused = Thread.interrupted();
        if (busy.get() < threads.get()) {
          watchRests = true;
          // Again: who has taken a task in between has not seen that this rests.
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
        LOG.error("Threads of {} are still watched after an error", name, e);
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
      // For want of memory, probably: then nothing can be said, either.
    }
  }

  private final class Member extends Thread {

    /** What it has taken and not begun. */
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
          // A task has left it behind, or whoever meant a task: it is not for the next one.
        } catch (Throwable e) {
          report("A thread of {} goes on after an error", e);
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

  /** Lets what has been taken end, for which nobody waits here. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(watch);
    for (int i = threads.get(); i > 0; i--) {
      tasks.add(() -> {}); // Wakes a thread.
    }
  }
}
