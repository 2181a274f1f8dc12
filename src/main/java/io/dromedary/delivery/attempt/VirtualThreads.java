package io.dromedary.delivery.attempt;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Creates virtual threads by reflection, because the code is compiled for Java 17. */
final class VirtualThreads {

  private VirtualThreads() {}

  /** Returns an executor with a virtual thread per task, or null if the JVM has none. */
  static @Nullable ExecutorService executor(String name) {
    if (Runtime.version().feature() < 21) {
      return null;
    }
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      Class<?> type = Class.forName("java.lang.Thread$Builder");
      type.getMethod("name", String.class, long.class).invoke(builder, name + "-", 1L);
      ThreadFactory threads = (ThreadFactory) type.getMethod("factory").invoke(builder);
      return (ExecutorService)
          Executors.class
              .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
              .invoke(null, threads);
    } catch (NoSuchMethodException
        | IllegalAccessException
        | ClassNotFoundException
        | InvocationTargetException e) {
      throw new IllegalStateException("Virtual threads cannot be made.", e);
    }
  }
}
