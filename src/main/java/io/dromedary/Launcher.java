package io.dromedary;

import java.io.IOException;
import java.nio.file.Path;

/**
 * The main class of the jar. Adds the jars of {@code ./lib} to the class path. It uses no library,
 * so that it can report a missing one.
 */
public final class Launcher {

  private Launcher() {}

  /** Runs the application, or the command that the arguments name. */
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
