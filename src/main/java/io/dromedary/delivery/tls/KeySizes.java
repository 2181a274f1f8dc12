package io.dromedary.delivery.tls;

import java.security.AlgorithmConstraints;
import java.security.AlgorithmParameters;
import java.security.CryptoPrimitive;
import java.security.Key;
import java.security.interfaces.DSAKey;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.util.Set;
import javax.crypto.interfaces.DHKey;
import org.jspecify.annotations.Nullable;

/**
 * Requires keys with 112 bits of security, as NIST SP 800-131A has since 2014. The JVM accepts RSA
 * keys of 1024 bits. Its own constraints apply as well.
 */
final class KeySizes implements AlgorithmConstraints {

  private static final int LEAST_BITS = 2048;
  private static final int LEAST_BITS_OF_CURVE = 224;

  @Override
  public boolean permits(Set<CryptoPrimitive> primitives, Key key) {
    if (key instanceof RSAKey rsa) {
      return rsa.getModulus().bitLength() >= LEAST_BITS;
    }
    if (key instanceof DHKey dh) {
      return dh.getParams().getP().bitLength() >= LEAST_BITS;
    }
    if (key instanceof DSAKey dsa && dsa.getParams() != null) {
      return dsa.getParams().getP().bitLength() >= LEAST_BITS;
    }
    return !(key instanceof ECKey ec && ec.getParams() != null)
        || ec.getParams().getOrder().bitLength() >= LEAST_BITS_OF_CURVE;
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives,
      String algorithm,
      Key key,
      @Nullable AlgorithmParameters parameters) {
    return permits(primitives, key);
  }

  @Override
  public boolean permits(
      Set<CryptoPrimitive> primitives, String algorithm, @Nullable AlgorithmParameters parameters) {
    return true;
  }
}
