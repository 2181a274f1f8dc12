package io.dromedary.signing;

import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A keyed hash. Thread-safe: each use clones an unused prototype. That takes a third of the time of
 * creating and keying a new instance, and unlike a thread-local no memory per virtual thread.
 */
final class Hmac {

  private final Mac prototype;

  Hmac(String algorithm, byte[] key) {
    try {
      prototype = Mac.getInstance(algorithm);
      prototype.init(new SecretKeySpec(key, algorithm));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(algorithm + " is part of every Java platform", e);
    }
  }

  byte[] hash(byte[]... parts) {
    try {
      Mac mac = (Mac) prototype.clone();
      for (byte[] part : parts) {
        mac.update(part);
      }
      return mac.doFinal();
    } catch (CloneNotSupportedException e) {
      throw new IllegalStateException("the platform's own HMACs can be cloned", e);
    }
  }
}
