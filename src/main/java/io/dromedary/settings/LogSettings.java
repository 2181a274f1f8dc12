package io.dromedary.settings;

/**
 * Checks {@code webhooks.log}, the format of the log. The packaged application has applied it
 * before the first line. A host configures its log itself.
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
