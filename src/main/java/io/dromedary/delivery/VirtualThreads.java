package io.dromedary.delivery;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/** Virtual threads where the JVM has them: Java 17 is the language level and cannot name them. */
final class VirtualThreads {

  private VirtualThreads() {}

  /** Runs each task on a virtual thread of its own; null where the JVM has none. */
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
