package io.dromedary.settings;

import java.util.Map;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Tells which Camel components are on the class path, and which artifacts the others are in. */
public final class Components {

  private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9+.-]*");

  /** Artifacts of Camel whose names are not {@code camel-} and the scheme. */
  private static final Map<Pattern, String> ARTIFACTS =
      Map.of(
          Pattern.compile("(imap|pop3|smtp)s?"), "mail",
          Pattern.compile("ftps?|sftp"), "ftp",
          Pattern.compile("mqtt5?"), "paho-mqtt5",
          Pattern.compile("https"), "http",
          Pattern.compile("cql"), "cassandraql",
          Pattern.compile("wss?"), "vertx-websocket",
          Pattern.compile("solr[a-z]+"), "solr",
          Pattern.compile("rabbitmq"), "spring-rabbitmq",
          Pattern.compile("(hazelcast|ignite|kubernetes|openstack|twitter|milo|iec60870)-.+"),
              "$1");

  private Components() {}

  /** Returns whether the component of an endpoint's URI and its libraries are on the class path. */
  static boolean has(CamelContext context, String uri) {
    String scheme = EndpointUri.scheme(uri);
    // Without a colon Camel would look for a file of that name, and fail on a folder.
    return uri.contains(":")
        && SCHEME.matcher(scheme).matches()
        && missing(context, scheme) == null;
  }

  /** What error messages expect in the place of a URI whose component is missing. */
  static String expected(CamelContext context, String uri) {
    String scheme = EndpointUri.scheme(uri);
    String text = "a Camel endpoint URI whose component is on the class path";
    if (uri.equals(scheme) || !SCHEME.matcher(scheme).matches()) {
      return text;
    }
    String missing = missing(context, scheme);
    return missing == null || missing.isEmpty()
        ? text + " (" + whereIs(scheme) + ")"
        : "%s with all that it needs (%s is missing; add what %s depends on)"
            .formatted(text, missing, artifact(scheme));
  }

  /** A clause for error messages that names the artifact with the component of a scheme. */
  public static String whereIs(String scheme) {
    return "that of \"" + scheme + ":\", if there is one, is in " + artifact(scheme);
  }

  private static String artifact(String scheme) {
    return "org.apache.camel:camel-" + name(scheme);
  }

  private static String name(String scheme) {
    return ARTIFACTS.entrySet().stream()
        .map(each -> Map.entry(each.getKey().matcher(scheme), each.getValue()))
        .filter(each -> each.getKey().matches())
        .map(each -> each.getKey().replaceFirst(each.getValue()))
        .findFirst()
        .orElse(scheme);
  }

  /**
   * Looks for a component.
   *
   * @return null if it can be used, the name of a class that it needs and that is missing, or an
   *     empty text if the component itself is missing
   */
  private static @Nullable String missing(CamelContext context, String scheme) {
    try {
      return context.getComponent(scheme) == null ? "" : null;
    } catch (RuntimeException | LinkageError e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof NoClassDefFoundError || cause instanceof ClassNotFoundException) {
          return String.valueOf(cause.getMessage()).replace('/', '.');
        }
      }
      throw e;
    }
  }
}
