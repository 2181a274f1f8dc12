package io.dromedary.settings;

import java.util.List;

/**
 * Who may use the page and the API of the management path.
 *
 * @param secrets tokens of which an operator presents one
 * @param readOnlySecrets tokens of which somebody presents one who may change nothing
 * @param isByHost whether the host lets callers in, and Dromedary asks nobody who he is
 * @param payloads what they are shown of the payloads of events
 */
public record ManagementSettings(
    List<String> secrets,
    List<String> readOnlySecrets,
    boolean isByHost,
    PayloadSettings payloads) {

  private static final String SECRET = "management.secret";
  private static final String READ_ONLY = "management.read-only.secret";
  private static final String AUTH = "management.auth";
  private static final String BY_SECRET = "secret";
  private static final String BY_HOST = "host";

  static ManagementSettings read(PropertyReader keys) {
    List<String> secrets = Secrets.read(keys, SECRET);
    List<String> readOnly = Secrets.read(keys, READ_ONLY);
    String auth = keys.text(AUTH, BY_SECRET);
    if (!auth.equals(BY_SECRET) && !auth.equals(BY_HOST)) {
      keys.problem(AUTH, auth, "secret or host");
    }
    boolean isByHost = auth.equals(BY_HOST);
    if (isByHost && !(secrets.isEmpty() && readOnly.isEmpty())) {
      // Nobody would ask for them, and whoever set them relies on them.
      keys.problem(
          AUTH,
          auth,
          "no "
              + keys.full(SECRET)
              + " and no "
              + keys.full(READ_ONLY)
              + " beside it, since the host alone lets callers in");
    }
    if (readOnly.stream().anyMatch(secrets::contains)) {
      keys.problem(READ_ONLY, readOnly.get(0), "another secret than that of an operator");
    }
    return new ManagementSettings(secrets, readOnly, isByHost, PayloadSettings.read(keys));
  }

  /** Whether callers have to present a secret. */
  public boolean isBySecret() {
    return !secrets.isEmpty() || !readOnlySecrets.isEmpty();
  }

  /** Whether the path is served: beyond loopback only where somebody asks who comes. */
  boolean isServed(boolean isLoopback) {
    return isLoopback || isBySecret() || isByHost;
  }
}
