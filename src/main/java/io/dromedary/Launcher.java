package io.dromedary;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The main class of the jar. It uses no library, so that it can say which one is missing, and adds
 * the jars of {@code ./lib} to the class path.
 */
public final class Launcher {

  private Launcher() {}

  /** Runs the application, or a command of it. */
  public static void main(String[] args) throws Exception {
    LibFolder lib;
    try {
      lib = LibFolder.of(Path.of("lib"), System.getProperty("java.class.path"));
    } catch (IOException e) {
      System.err.println("Dromedary cannot start: " + e.getMessage());
      System.exit(1);
      return;
    }
    if (lib.added().isEmpty()) {
      Dromedary.main(args);
    } else {
      lib.run("io.dromedary.Dromedary", args);
    }
  }
}
