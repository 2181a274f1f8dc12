package io.dromedary.settings;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How requests are signed. */
public enum SigningScheme {
  /** {@code X-Signature}: lower-case hex HMAC-SHA1 of the event, or of the first of a batch. */
  X_SIGNATURE("x-signature"),
  /** The headers of the Standard Webhooks specification, version {@code v1}. */
  STANDARD_WEBHOOKS("standard-webhooks");

  private final String key;

  SigningScheme(String key) {
    this.key = key;
  }

  /** The names of all in the configuration. */
  static String all() {
    return Stream.of(values()).map(SigningScheme::key).collect(Collectors.joining(", "));
  }

  /** The scheme's name in the configuration. */
  public String key() {
    return key;
  }
}
