package io.dromedary.settings;

import java.util.List;

/**
 * Who may use the page and the API of the management path.
 *
 * @param secrets the tokens of operators, any of which gives access
 * @param readOnlySecrets the tokens of users who may look and change nothing
 * @param isByHost whether the host authenticates callers, and Dromedary does not
 * @param payloads how much of the events' payloads is shown
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
      // The secrets would not be checked, although the operator relies on them.
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

  /** Returns whether callers have to present a secret. */
  public boolean isBySecret() {
    return !secrets.isEmpty() || !readOnlySecrets.isEmpty();
  }

  /** Returns whether the path is served. Beyond loopback, callers must be authenticated. */
  boolean isServed(boolean isLoopback) {
    return isLoopback || isBySecret() || isByHost;
  }
}
