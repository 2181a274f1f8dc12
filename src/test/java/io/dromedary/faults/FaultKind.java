package io.dromedary.faults;

import java.io.IOException;
import java.sql.SQLException;
import java.util.List;

/** A way in which a call fails. */
enum FaultKind {
  /** A bug: of ours, of a driver, of a component. */
  RUNTIME {
    @Override
    void raise(String where) {
      throw new IllegalStateException("injected at " + where);
    }
  },
  /** What the JVM throws anywhere. */
  ERROR {
    @Override
    void raise(String where) {
      throw new OutOfMemoryError("injected at " + where);
    }
  },
  /** The connection is gone, or the file cannot be read. */
  SQL {
    @Override
    void raise(String where) {
      sneak(new SQLException("injected at " + where, "08006", SQLITE_IOERR));
    }
  },
  /** There is no room on the disk. */
  FULL {
    @Override
    void raise(String where) {
      sneak(new SQLException("injected at " + where, "53100", SQLITE_FULL));
    }
  },
  /** What was to be written is not accepted. */
  CONSTRAINT {
    @Override
    void raise(String where) {
      sneak(new SQLException("injected at " + where, "23505", SQLITE_CONSTRAINT));
    }
  },
  /** The thread is interrupted, and goes on until it blocks. */
  INTERRUPT {
    @Override
    void raise(String where) {
      Thread.currentThread().interrupt();
    }
  },
  /** The thread was interrupted while it was blocked. */
  INTERRUPTED {
    @Override
    void raise(String where) {
      sneak(new InterruptedException("injected at " + where));
    }
  },
  /** A stream breaks off. */
  IO {
    @Override
    void raise(String where) {
      sneak(new IOException("injected at " + where));
    }
  };

  private static final int SQLITE_IOERR = 10;
  private static final int SQLITE_FULL = 13;
  private static final int SQLITE_CONSTRAINT = 19;

  /** What a call of a database does. */
  static final List<FaultKind> OF_JDBC = List.of(SQL, ERROR, FULL, RUNTIME, INTERRUPT, CONSTRAINT);

  /** What a step of a route does. */
  static final List<FaultKind> OF_NODE = List.of(ERROR, RUNTIME, INTERRUPTED);

  /** What a method of ours does. */
  static final List<FaultKind> OF_CODE = List.of(ERROR, RUNTIME, INTERRUPT);

  static final List<FaultKind> OF_STREAM = List.of(IO, ERROR, RUNTIME);

  /** Throws, or whatever else it is. */
  abstract void raise(String where);

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  private static <T extends Throwable> void sneak(Throwable checked) throws T {
    throw (T) checked;
  }
}
