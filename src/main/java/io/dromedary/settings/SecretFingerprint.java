package io.dromedary.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Makes fingerprints of secrets. Two sides can compare them without showing the secret. */
final class SecretFingerprint {

  private static final int BYTES = 4;

  private SecretFingerprint() {}

  /** The first eight hex digits of the SHA-256 of the secret's UTF-8 bytes. */
  static String of(String secret) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(secret.getBytes(UTF_8));
      return HexFormat.of().formatHex(digest, 0, BYTES);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }
}
