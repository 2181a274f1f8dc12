package io.dromedary.settings;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Resolves placeholders as Camel does, but rejects a function whose vault component is missing.
 * Camel would take the text after the colon as the placeholder's default, so that <code>
 * {{aws:webhooks}}</code> would become the secret {@code webhooks}, which anybody can guess.
 */
final class Placeholders {

  /** The character that Java puts in the place of bytes that are invalid in an encoding. */
  private static final char UNREADABLE = '\uFFFD';

  /** The components with the functions for vaults. */
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

  /** Thrown if a placeholder cannot be resolved. The message never contains the value. */
  static final class UnresolvedException extends Exception {

    private static final long serialVersionUID = 1L;

    UnresolvedException(String message) {
      super(message);
    }
  }

  /** Returns the value with its placeholders resolved. */
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
      // The exception's text contains the whole value, which may hold a secret.
      throw new UnresolvedException(
          "found a {{placeholder}} that names no property, expected one that does.");
    } catch (RuntimeException e) {
      // A vault's error message may contain the name of the secret.
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

  /** The component that a value needs but that is not on the class path, or null. */
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
