package io.dromedary.settings;

/**
 * How lines of the log are written. The packaged application has chosen before the first line; here
 * the value is only checked. In a host, the host's own configuration says it.
 */
final class LogSettings {

  private static final String KEY = "log";

  private LogSettings() {}

  static void check(PropertyReader keys) {
    String found = keys.text(KEY, "text");
    if (!found.equals("text") && !found.equals("json")) {
      keys.problem(KEY, found, "text or json");
    }
  }
}
