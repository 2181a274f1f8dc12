package io.dromedary.delivery.tls;

import java.net.Socket;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.function.Consumer;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509KeyManager;
import org.jspecify.annotations.Nullable;

/**
 * A key manager that reports when a receiver asks for a certificate. Thread-safe if the other one
 * is.
 */
final class ClientKeys extends X509ExtendedKeyManager {

  private final @Nullable X509KeyManager other;
  private final Consumer<Boolean> asked;

  /**
   * Creates a key manager.
   *
   * @param other supplies the keys, or null if there are none
   * @param asked called on the thread of the handshake with whether there was a certificate
   */
  ClientKeys(@Nullable X509KeyManager other, Consumer<Boolean> asked) {
    this.other = other;
    this.asked = asked;
  }

  @Override
  public @Nullable String chooseClientAlias(
      String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
    String alias = other == null ? null : other.chooseClientAlias(keyTypes, issuers, socket);
    asked.accept(alias != null);
    return alias;
  }

  @Override
  public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
    return other == null ? null : other.getClientAliases(keyType, issuers);
  }

  @Override
  public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
    return other == null ? null : other.getServerAliases(keyType, issuers);
  }

  @Override
  public @Nullable String chooseServerAlias(
      String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
    return other == null ? null : other.chooseServerAlias(keyType, issuers, socket);
  }

  @Override
  public X509Certificate @Nullable [] getCertificateChain(String alias) {
    return other == null ? null : other.getCertificateChain(alias);
  }

  @Override
  public @Nullable PrivateKey getPrivateKey(String alias) {
    return other == null ? null : other.getPrivateKey(alias);
  }
}
