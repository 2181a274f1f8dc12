package io.dromedary.settings;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Puts values into the place of their placeholders, as Camel does, and refuses what would be no
 * value: Camel takes the end of a placeholder for its default. Without the component of a vault,
 * <code>{{aws:webhooks}}</code> would be a secret that anybody can guess.
 */
final class Placeholders {

  /** What Java reads where bytes are no letters of the encoding. */
  private static final char UNREADABLE = '\uFFFD';

  /** The components that functions for vaults are of. */
  private static final Map<String, String> COMPONENTS =
      Map.of(
          "aws", "camel-aws-secrets-manager",
          "azure", "camel-azure-key-vault",
          "configmap", "camel-kubernetes",
          "cyberark", "camel-cyberark-vault",
          "gcp", "camel-google-secret-manager",
          "hashicorp", "camel-hashicorp-vault",
          "ibm", "camel-ibm-secrets-manager",
          "secret", "camel-kubernetes");

  private static final Pattern FUNCTION = Pattern.compile("\\{\\{([a-z]+):");

  private Placeholders() {}

  /** A value has no place, with what was found and what is expected: never the value. */
  static final class UnresolvedException extends Exception {

    private static final long serialVersionUID = 1L;

    UnresolvedException(String message) {
      super(message);
    }
  }

  /** The value without placeholders. */
  static String resolve(CamelContext context, String value) throws UnresolvedException {
    String resolved;
    try {
      String component = missing(context, value);
      if (component != null) {
        throw new UnresolvedException(
            "found a {{function:}} of a vault, expected " + component + " for it.");
      }
      resolved = context.resolvePropertyPlaceholders(value);
    } catch (IllegalArgumentException e) {
      // The exception's own text would show the whole value, which may hold a secret.
      throw new UnresolvedException(
          "found a {{placeholder}} that names no property, expected one that does.");
    } catch (RuntimeException e) {
      // What a vault says may show what was asked of it.
      throw new UnresolvedException(
          "found a {{placeholder}} that cannot be read ("
              + innermost(e).getClass().getSimpleName()
              + "), expected one that can.");
    }
    if (resolved.indexOf(UNREADABLE) >= 0) {
      throw new UnresolvedException(
          "found letters that are not in UTF-8, expected a file in UTF-8 (or variables, as LC_ALL"
              + " says).");
    }
    return resolved;
  }

  private static Throwable innermost(Throwable failure) {
    Throwable innermost = failure;
    while (innermost.getCause() != null && innermost.getCause() != innermost) {
      innermost = innermost.getCause();
    }
    return innermost;
  }

  /** The component that a value needs and that is not on the class path, or null. */
  private static @Nullable String missing(CamelContext context, String value) {
    Matcher functions = FUNCTION.matcher(value);
    while (functions.find()) {
      String component = COMPONENTS.get(functions.group(1));
      if (component != null
          && context.getPropertiesComponent().getPropertiesFunction(functions.group(1)) == null) {
        return component;
      }
    }
    return null;
  }
}
