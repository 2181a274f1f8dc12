package io.dromedary.settings;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A way to sign requests. */
public enum SigningScheme {
  /** {@code X-Signature}: lower-case hex HMAC-SHA1 of the event, or of a batch's first event. */
  X_SIGNATURE("x-signature"),
  /** The headers of the Standard Webhooks specification, version {@code v1}. */
  STANDARD_WEBHOOKS("standard-webhooks");

  private final String key;

  SigningScheme(String key) {
    this.key = key;
  }

  /** The configuration names of all schemes. */
  static String all() {
    return Stream.of(values()).map(SigningScheme::key).collect(Collectors.joining(", "));
  }

  /** The scheme's name in the configuration. */
  public String key() {
    return key;
  }
}
