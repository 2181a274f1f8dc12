package io.dromedary.settings;

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

  /** The scheme's name in the configuration. */
  public String key() {
    return key;
  }
}
