package io.dromedary.command;

/** The exit codes of the commands. Scripts depend on these numbers. */
final class ExitCode {

  static final int OK = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int WARNING = 3;
  static final int DOWN = 4;
  static final int NOT_KNOWN = 5;
  static final int NOT_IN_TIME = 6;
  static final int DEAD = 7;
  static final int REFUSED = 8;

  private ExitCode() {}
}
