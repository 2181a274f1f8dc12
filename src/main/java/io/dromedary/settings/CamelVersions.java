package io.dromedary.settings;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The versions of Camel that are tested; docs/hosts.md has the table. */
final class CamelVersions {

  private static final Logger LOG = LoggerFactory.getLogger(CamelVersions.class);

  private static final int MAJOR = 4;
  private static final int OLDEST_MINOR = 10;
  private static final int NEWEST_MINOR = 22;

  private static final Pattern VERSION = Pattern.compile("(\\d{1,9})\\.(\\d{1,9})(\\D.*)?");

  private CamelVersions() {}

  /** Logs a warning if a version is not tested. */
  static void check(String version) {
    if (!isTried(version)) {
      LOG.warn(
          "Camel: found version {}, expected {}.{} to {}.{}, which Dromedary has been tried with.",
          version,
          MAJOR,
          OLDEST_MINOR,
          MAJOR,
          NEWEST_MINOR);
    }
  }

  static boolean isTried(String version) {
    Matcher matcher = VERSION.matcher(version);
    if (!matcher.matches() || Integer.parseInt(matcher.group(1)) != MAJOR) {
      return false;
    }
    int minor = Integer.parseInt(matcher.group(2));
    return minor >= OLDEST_MINOR && minor <= NEWEST_MINOR;
  }
}
