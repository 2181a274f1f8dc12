package io.dromedary.delivery;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The threads that run the rounds of a destination. No more of them run at once than help, see
 * {@link PoolSize}; the others sleep, and end when they have slept for ten seconds. Tasks wait in a
 * queue, which whoever puts them there has to bound, or which makes him wait; also while the gate
 * of the attempts is closed, see {@link StartGate}.
 *
 * <p>A thread that has ended a task takes the next from the queue, and one that is needed is the
 * one that went to sleep last: while there is much to do nobody is woken, and what few threads use
 * stays in the processors' caches. A {@link java.util.concurrent.ThreadPoolExecutor} can do
 * neither, and ends threads to have fewer.
 *
 * <p>Thread-safe: {@code lock} guards all that changes.
 */
final class Workers extends AbstractExecutorService {

  private static final long KEEP_ALIVE_NANOS = Duration.ofSeconds(10).toNanos();

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  /** More run where tasks wait for somebody; the other processors are the I/O threads'. */
  private static final int LEAST = Math.max(1, PROCESSORS / 2);

  private final String name;
  private final int capacity;
  private final WorkerThreads threads;
  private final PoolSize size;
  private final BooleanSupplier isOpen;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Runnable> queue = new ArrayDeque<>();
  private final Deque<Worker> asleep = new ArrayDeque<>();
  private final List<Worker> workers = new ArrayList<>();
  private int running;
  private int limit;
  private long ended;
  private int named;
  private volatile boolean shutdown;

  /** Whether a task may be in the queue. */
  private volatile boolean isWaiting;

  /** Threads that somebody else makes. */
  Workers(
      String name,
      int least,
      int most,
      int capacity,
      BooleanSupplier isOpen,
      WorkerThreads threads) {
    this.name = name;
    this.capacity = capacity;
    this.isOpen = isOpen;
    this.threads = threads;
    this.size = new PoolSize(least, most);
    this.limit = size.get();
  }

  /**
   * Threads for tasks that somebody else bounds.
   *
   * @param most how many threads there may be
   * @param gate where it is closed, no task begins
   */
  static Workers of(String name, int most, StartGate gate) {
    WorkerThreads threads = new WorkerThreads();
    Workers workers = new Workers(name, LEAST, most, Integer.MAX_VALUE, gate::isOpen, threads);
    gate.whenOpen(workers::goOn);
    return workers;
  }

  /** Takes a look at what the threads do. Has to be called every few milliseconds. */
  void adjust() {
    List<Worker> woken;
    lock.lock();
    try {
      limit = size.next(System.nanoTime(), ended, running);
      woken = begin(Integer.MAX_VALUE);
    } finally {
      lock.unlock();
    }
    woken.forEach(Worker::wake);
  }

  /** Begins a task that waits for the gate, if one does. */
  private void goOn() {
    if (!isWaiting) {
      return;
    }
    List<Worker> woken;
    lock.lock();
    try {
      woken = begin(1);
    } finally {
      lock.unlock();
    }
    woken.forEach(Worker::wake);
  }

  /** Threads for tasks from the queue, which are to be woken when the lock is free. */
  private List<Worker> begin(int most) {
    List<Worker> woken = new ArrayList<>();
    while (woken.size() < most && mayBegin() && !queue.isEmpty()) {
      woken.add(next(queue.remove()));
      changed.signal();
    }
    isWaiting = !queue.isEmpty();
    return woken;
  }

  private boolean mayBegin() {
    return running < limit && isGateOpen();
  }

  private boolean isGateOpen() {
    return shutdown || isOpen.getAsBoolean();
  }

  /** The same threads for tasks that go before the others: parts of what has begun. */
  ExecutorService first() {
    return new First();
  }

  @Override
  public void execute(Runnable task) {
    execute(task, false);
  }

  private void execute(Runnable task, boolean first) {
    Worker woken = null;
    lock.lock();
    try {
      while (queue.size() >= capacity && !shutdown) {
        changed.await();
      }
      if (shutdown) {
        throw new RejectedExecutionException("the destination has stopped");
      }
      if (mayBegin()) {
        woken = next(task);
      } else {
        if (first) {
          queue.addFirst(task);
        } else {
          queue.addLast(task);
        }
        isWaiting = true;
        // The gate may have opened before it could see that somebody waits.
        if (mayBegin()) {
          woken = next(queue.remove());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RejectedExecutionException(e);
    } finally {
      lock.unlock();
    }
    if (woken != null) {
      woken.wake();
    }
  }

  /** A thread for a task, which is to be woken when the lock is free. */
  private Worker next(Runnable task) {
    running++;
    Worker worker = asleep.pollFirst();
    if (worker == null) {
      worker = new Worker(task);
      workers.add(worker);
    } else {
      worker.task = task;
    }
    return worker;
  }

  @Override
  public void shutdown() {
    List<Worker> woken;
    List<Worker> all;
    lock.lock();
    try {
      shutdown = true;
      woken = begin(Integer.MAX_VALUE);
      all = List.copyOf(asleep);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    woken.forEach(Worker::wake);
    all.forEach(worker -> LockSupport.unpark(worker.thread));
  }

  @Override
  public List<Runnable> shutdownNow() {
    List<Runnable> waiting;
    lock.lock();
    try {
      waiting = List.copyOf(queue);
      queue.clear();
      workers.forEach(worker -> worker.thread.interrupt());
    } finally {
      lock.unlock();
    }
    shutdown();
    return waiting;
  }

  @Override
  public boolean isShutdown() {
    return shutdown;
  }

  @Override
  public boolean isTerminated() {
    lock.lock();
    try {
      return shutdown && workers.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    long nanos = unit.toNanos(timeout);
    lock.lock();
    try {
      while (!shutdown || !workers.isEmpty()) {
        if (nanos <= 0) {
          return false;
        }
        nanos = changed.awaitNanos(nanos);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private final class Worker implements Runnable {

    final Thread thread;
    volatile @Nullable Runnable task;

    Worker(Runnable task) {
      this.task = task;
      this.thread = threads.thread(this, name + "-" + ++named, workers.size());
    }

    /** Only whoever has given it a task calls this, once the lock is free. */
    void wake() {
      if (thread.getState() != Thread.State.NEW) {
        LockSupport.unpark(thread);
        return;
      }
      try {
        thread.start();
      } catch (OutOfMemoryError e) {
        // The system has no more threads, of which the JVM has warned: others take the task, or
        // the next look at the pool tries again.
        giveBack();
      }
    }

    private void giveBack() {
      lock.lock();
      try {
        running--;
        workers.remove(this);
        queue.addFirst(Objects.requireNonNull(task));
        isWaiting = true;
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void run() {
      for (Runnable next = task; next != null; next = awaitTask()) {
        while (next != null) {
          try {
            next.run();
          } catch (RuntimeException | Error e) {
            thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
          }
          // It was meant for the task, and would keep this thread from sleeping.
          Thread.interrupted();
          next = taskAfter();
        }
      }
    }

    /** The next task from the queue, or null: then this thread is to sleep. */
    private @Nullable Runnable taskAfter() {
      lock.lock();
      try {
        ended++;
        Runnable next = running <= limit && isGateOpen() ? queue.pollFirst() : null;
        isWaiting = !queue.isEmpty();
        if (next == null) {
          running--;
          task = null;
          asleep.addFirst(this);
        } else if (capacity != Integer.MAX_VALUE) {
          changed.signal();
        }
        return next;
      } finally {
        lock.unlock();
      }
    }

    private @Nullable Runnable awaitTask() {
      long untilNanos = System.nanoTime() + KEEP_ALIVE_NANOS;
      while (true) {
        Runnable next = task;
        if (next != null) {
          return next;
        }
        long nanos = untilNanos - System.nanoTime();
        if (nanos > 0 && !shutdown) {
          // Nothing between the look at the task and this may wait: it would take the wake-up.
          LockSupport.parkNanos(Workers.this, nanos);
        } else if (end()) {
          return null;
        }
      }
    }

    /** Ends this thread unless it has just been given a task. */
    private boolean end() {
      lock.lock();
      try {
        if (task != null) {
          return false;
        }
        asleep.remove(this);
        workers.remove(this);
        changed.signalAll();
        return true;
      } finally {
        lock.unlock();
      }
    }
  }

  private final class First extends AbstractExecutorService {
    @Override
    public void execute(Runnable task) {
      Workers.this.execute(task, true);
    }

    @Override
    public void shutdown() {
      Workers.this.shutdown();
    }

    @Override
    public List<Runnable> shutdownNow() {
      return Workers.this.shutdownNow();
    }

    @Override
    public boolean isShutdown() {
      return Workers.this.isShutdown();
    }

    @Override
    public boolean isTerminated() {
      return Workers.this.isTerminated();
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
      return Workers.this.awaitTermination(timeout, unit);
    }
  }
}
