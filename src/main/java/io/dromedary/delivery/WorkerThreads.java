package io.dromedary.delivery;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** Makes the threads of a pool, which are daemons. Thread-safe. */
class WorkerThreads {

  /** For each processor; those beyond are virtual. */
  private static final int PLATFORM = 16;

  private static final @Nullable Method OF_VIRTUAL = ofVirtual();

  /**
   * A thread that is not started: virtual where the JVM has such and others are there already. Few
   * threads are always needed, and cost least as they are; of many, most wait for receivers.
   *
   * @param others how many the pool has
   */
  Thread thread(Runnable task, String name, int others) {
    return others < PLATFORM * Runtime.getRuntime().availableProcessors()
        ? platform(task, name)
        : virtual(task, name);
  }

  /** A thread of the operating system's, not started. */
  static Thread platform(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private static Thread virtual(Runnable task, String name) {
    if (OF_VIRTUAL == null) {
      return platform(task, name);
    }
    try {
      Object builder = OF_VIRTUAL.invoke(null);
      Thread thread =
          (Thread)
              OF_VIRTUAL
                  .getReturnType()
                  .getMethod("unstarted", Runnable.class)
                  .invoke(builder, task);
      thread.setName(name);
      return thread;
    } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("A virtual thread cannot be made.", e);
    }
  }

  private static @Nullable Method ofVirtual() {
    if (Runtime.version().feature() < 21) {
      return null;
    }
    try {
      // Java 17 is the language level: the method cannot be named.
      return Thread.class.getMethod("ofVirtual");
    } catch (NoSuchMethodException e) {
      return null;
    }
  }
}
