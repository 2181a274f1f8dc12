package io.dromedary.delivery;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;

/** Makes threads, which are daemons. */
final class WorkerThreads {

  private static final @Nullable Method OF_VIRTUAL = ofVirtual();

  private WorkerThreads() {}

  /** A thread of the operating system's, not started. */
  static Thread platform(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** A virtual thread, which JVMs have from JDK 21 on; before, one of the operating system's. */
  static Thread virtual(Runnable task, String name) {
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
