package io.dromedary.delivery.tls;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509KeyManager;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.BeanIntrospection;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.jsse.KeyManagersParameters;
import org.apache.camel.support.jsse.SSLContextParameters;
import org.apache.camel.support.jsse.TrustManagersParameters;
import org.apache.hc.core5.ssl.SSLContexts;
import org.jspecify.annotations.Nullable;

/**
 * Creates TLS contexts that explain why a certificate chain is not trusted ({@link ChainTrust}) and
 * report when a receiver wants a client certificate ({@link ClientKeys}).
 */
public final class TlsContexts {

  private TlsContexts() {}

  /**
   * Creates a context from parameters.
   *
   * @param parameters the parameters, which are not changed; null for the JVM's certificates
   * @param asked called on the thread of a handshake if the receiver wants a certificate, with
   *     whether there is one for it
   */
  public static SSLContext of(
      CamelContext camel, @Nullable SSLContextParameters parameters, Consumer<Boolean> asked)
      throws GeneralSecurityException, IOException {
    if (parameters == null && System.getProperty("javax.net.ssl.keyStore") != null) {
      // Only the JVM's own context has the client certificate of that key store.
      return SSLContexts.createSystemDefault();
    }
    if (parameters != null && parameters.getClass() != SSLContextParameters.class) {
      // A subclass may do anything, so it is used unchanged.
      return parameters.createSSLContext(camel);
    }
    SSLContextParameters own = parameters == null ? ofJvm() : copy(camel, parameters);
    X509ExtendedTrustManager trusted = trusted(camel, own.getTrustManagers());
    if (trusted != null) {
      TrustManagersParameters chains = new TrustManagersParameters();
      chains.setTrustManager(new ChainTrust(trusted));
      own.setTrustManagers(chains);
    }
    own.setKeyManagers(watched(camel, own.getKeyManagers(), asked));
    return own.createSSLContext(camel);
  }

  private static SSLContextParameters ofJvm() {
    SSLContextParameters parameters = new SSLContextParameters();
    // With this name the JVM's own settings apply.
    parameters.setSecureSocketProtocol("TLS");
    return parameters;
  }

  private static @Nullable X509ExtendedTrustManager trusted(
      CamelContext camel, @Nullable TrustManagersParameters parameters)
      throws GeneralSecurityException, IOException {
    TrustManager[] managers = null;
    if (parameters != null) {
      parameters.setCamelContext(camel);
      if (parameters.getKeyStore() != null) {
        parameters.getKeyStore().setCamelContext(camel);
      }
      managers = parameters.createTrustManagers();
    }
    if (managers == null) {
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init((KeyStore) null);
      managers = factory.getTrustManagers();
    }
    return managers.length == 1 && managers[0] instanceof X509ExtendedTrustManager manager
        ? manager
        : null;
  }

  private static KeyManagersParameters watched(
      CamelContext camel, @Nullable KeyManagersParameters parameters, Consumer<Boolean> asked)
      throws GeneralSecurityException, IOException {
    KeyManager[] managers = {};
    if (parameters != null) {
      parameters.setCamelContext(camel);
      if (parameters.getKeyStore() != null) {
        parameters.getKeyStore().setCamelContext(camel);
      }
      managers = parameters.createKeyManagers();
    }
    X509KeyManager keys =
        managers.length > 0 && managers[0] instanceof X509KeyManager first ? first : null;
    return new KeyManagersParameters() {
      @Override
      public KeyManager[] createKeyManagers() {
        return new KeyManager[] {new ClientKeys(keys, asked)};
      }
    };
  }

  private static SSLContextParameters copy(CamelContext camel, SSLContextParameters from) {
    Map<String, Object> properties = new HashMap<>();
    BeanIntrospection beans = PluginHelper.getBeanIntrospection(camel);
    beans.getProperties(from, properties, null);
    SSLContextParameters to = new SSLContextParameters();
    properties.forEach((name, value) -> set(camel, beans, to, name, value));
    return to;
  }

  private static void set(
      CamelContext camel, BeanIntrospection beans, Object to, String name, @Nullable Object value) {
    if (value == null) {
      return;
    }
    try {
      beans.setProperty(camel, to, name, value);
    } catch (Exception e) {
      throw new IllegalStateException("The TLS settings cannot be used: " + name, e);
    }
  }
}
