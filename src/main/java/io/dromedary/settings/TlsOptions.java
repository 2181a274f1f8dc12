package io.dromedary.settings;

import java.io.File;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.apache.camel.support.jsse.KeyManagersParameters;
import org.apache.camel.support.jsse.KeyStoreParameters;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.jsse.TrustManagersParameters;
import org.apache.hc.core5.http.ssl.TLS;
import org.apache.hc.core5.http.ssl.TlsCiphers;
import org.jspecify.annotations.Nullable;

/**
 * The TLS options of a webhook: {@code tls.key-store}, {@code tls.trust-store}, {@code
 * tls.protocols} and {@code tls.cipher-suites}.
 *
 * @param stores the client certificate and the trusted authorities; if null, those of Camel or the
 *     JVM
 * @param protocols the versions of TLS that may be used; if empty, TLS 1.2 and later
 * @param cipherSuites the cipher suites that may be used; if empty, the JVM's without weak ones
 */
public record TlsOptions(
    @Nullable SSLContextParameters stores, List<String> protocols, List<String> cipherSuites) {

  /** The defaults. */
  public static final TlsOptions NONE = new TlsOptions(null, List.of(), List.of());

  /** Reads the options whose keys start with a prefix. */
  static TlsOptions read(PropertyReader keys, String prefix, Map<String, String> httpOptions) {
    return new TlsOptions(
        stores(keys, prefix, httpOptions),
        some(keys, prefix + "protocols", SSLParameters::getProtocols, TLS::excludeWeak),
        some(
            keys,
            prefix + "cipher-suites",
            SSLParameters::getCipherSuites,
            TlsCiphers::excludeWeak));
  }

  /** These options. Options that are not set are taken from {@code others}. */
  TlsOptions or(TlsOptions others) {
    return new TlsOptions(
        stores == null ? others.stores : stores,
        protocols.isEmpty() ? others.protocols : protocols,
        cipherSuites.isEmpty() ? others.cipherSuites : cipherSuites);
  }

  /** Reads a list of names that the JVM supports and that are not weak. */
  private static List<String> some(
      PropertyReader keys,
      String key,
      Function<SSLParameters, String[]> supported,
      UnaryOperator<String[]> strong) {
    List<String> values = keys.list(key);
    if (values.isEmpty()) {
      return values;
    }
    try {
      SSLParameters all = SSLContext.getDefault().getSupportedSSLParameters();
      List<String> names = List.of(strong.apply(supported.apply(all)));
      for (String value : values) {
        if (!names.contains(value)) {
          keys.problem(key, value, "some of " + String.join(", ", names));
        }
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This JVM cannot speak TLS: " + e.getMessage(), e);
    }
    return values;
  }

  private static @Nullable SSLContextParameters stores(
      PropertyReader keys, String prefix, Map<String, String> httpOptions) {
    KeyStoreParameters own = store(keys, prefix + "key-store", true);
    KeyStoreParameters trusted = store(keys, prefix + "trust-store", false);
    if (own == null && trusted == null) {
      return null;
    }
    if (httpOptions.containsKey("sslContextParameters")) {
      keys.problem(
          prefix + "*", "http.sslContextParameters beside it", "one of the two for a webhook");
    }
    SSLContextParameters tls = new SSLContextParameters();
    if (own != null) {
      KeyManagersParameters managers = new KeyManagersParameters();
      managers.setKeyStore(own);
      managers.setKeyPassword(own.getPassword());
      tls.setKeyManagers(managers);
    }
    if (trusted != null) {
      TrustManagersParameters managers = new TrustManagersParameters();
      managers.setKeyStore(trusted);
      tls.setTrustManagers(managers);
    }
    return tls;
  }

  private static @Nullable KeyStoreParameters store(
      PropertyReader keys, String key, boolean isOfKeys) {
    String file = keys.value(key);
    String password = keys.value(key + ".password");
    if (file == null) {
      if (password != null) {
        keys.problem(key, null, "the file that " + keys.full(key + ".password") + " is for");
      }
      return null;
    }
    if (password == null) {
      keys.problem(key + ".password", null, "the password of " + keys.full(key));
      return null;
    }
    File path = new File(file.replaceFirst("^file:", ""));
    if (!path.isFile()) {
      keys.problem(key, file, "a file that exists");
      return null;
    }
    try {
      KeyStore opened = KeyStore.getInstance(path, password.toCharArray());
      if (!has(opened, isOfKeys ? password : null)) {
        keys.problem(
            key,
            file,
            isOfKeys
                ? "a private key with its certificate in it"
                : "the certificate of an authority in it (keytool -importcert puts one there)");
      }
    } catch (IllegalArgumentException | IOException | GeneralSecurityException e) {
      // The exception's text may reveal something about the password.
      keys.problem(key, file, "a file of PKCS12 or JKS that its password opens");
      return null;
    }
    KeyStoreParameters store = new KeyStoreParameters();
    store.setResource("file:" + path);
    store.setPassword(password);
    return store;
  }

  /**
   * Returns whether a store has a private key that the password opens or, if the password is null,
   * any entry.
   */
  private static boolean has(KeyStore store, @Nullable String password)
      throws GeneralSecurityException {
    for (String alias : Collections.list(store.aliases())) {
      if (password == null
          || (store.isKeyEntry(alias) && store.getKey(alias, password.toCharArray()) != null)) {
        return true;
      }
    }
    return false;
  }
}
