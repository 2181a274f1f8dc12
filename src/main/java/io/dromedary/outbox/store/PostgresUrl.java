package io.dromedary.outbox.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/**
 * A JDBC URL of PostgreSQL, with the credentials taken out of it. The driver logs the URL, and
 * quotes it in its error message if it cannot parse it.
 *
 * @param jdbc the URL to connect to, without credentials
 * @param credentials the user and passwords from the URL, as properties of the driver
 */
record PostgresUrl(String jdbc, Properties credentials) {

  private static final String PREFIX = "jdbc:postgresql://";

  private static final Set<String> CREDENTIALS = Set.of("user", "password", "sslpassword");

  static PostgresUrl of(String url) {
    Properties credentials = new Properties();
    String[] parts = url.split("\\?", 2);
    String location = parts[0];
    if (location.startsWith(PREFIX)) {
      String hosts = location.substring(PREFIX.length());
      int at = hosts.split("/", 2)[0].lastIndexOf('@');
      if (at >= 0) {
        String[] user = hosts.substring(0, at).split(":", 2);
        credentials.setProperty("user", decoded(user[0]));
        if (user.length > 1) {
          credentials.setProperty("password", decoded(user[1]));
        }
        location = PREFIX + hosts.substring(at + 1);
      }
    }
    List<String> others = new ArrayList<>();
    for (String option : parts.length == 1 ? new String[0] : parts[1].split("&", -1)) {
      String[] pair = option.split("=", 2);
      if (CREDENTIALS.contains(pair[0]) && pair.length > 1) {
        credentials.setProperty(pair[0], decoded(pair[1]));
      } else {
        others.add(option);
      }
    }
    String options = others.isEmpty() ? "" : "?" + String.join("&", others);
    return new PostgresUrl(location + options, credentials);
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text, UTF_8);
    } catch (IllegalArgumentException e) {
      // The driver, too, takes such a text literally.
      return text;
    }
  }
}
