package io.dromedary;

import io.dromedary.app.CommandLineStart;
import io.dromedary.app.PackagedApplication;

/** Runs Dromedary as an application of its own, or one of its commands. */
public final class Dromedary {

  private Dromedary() {}

  /** Runs until the process is stopped. The exit code is not 0 if it cannot start. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  private static int run(String[] args) {
    // Without arguments the classes of the command line are not loaded.
    return args.length == 0 ? PackagedApplication.start() : CommandLineStart.run(args);
  }
}
