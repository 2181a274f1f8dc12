package io.dromedary.outbox;

import io.dromedary.settings.OutboxSettings;
import io.dromedary.settings.Settings;
import java.util.Map;
import org.apache.camel.Endpoint;
import org.apache.camel.spi.Metadata;
import org.apache.camel.spi.ThreadPoolProfile;
import org.apache.camel.spi.annotations.Component;
import org.apache.camel.support.DefaultComponent;
import org.jspecify.annotations.Nullable;

/**
 * The component {@code outbox}: a durable queue in a database. A context has one store, which
 * {@code webhooks.outbox.*} or this component's option configures.
 *
 * <p>After {@code to: outbox:}, routes continue on 4 to 256 threads. The pool size and the maximum
 * pool size of the context's thread pool profile {@code outbox} override these numbers.
 */
@Component("outbox")
public final class OutboxComponent extends DefaultComponent {

  /** The thread pool profile of the threads on which routes continue. */
  static final String THREADS = "outbox";

  @Metadata(
      description =
          "The store. The default is made of the properties webhooks.outbox.url, .user, .password and"
              + " .lease, webhooks.dedup.window and webhooks.dead-letter.retention.")
  private @Nullable OutboxSettings settings;

  private @Nullable Outbox outbox;
  private @Nullable OutboxHealth health;

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters)
      throws Exception {
    if (!remaining.matches("[A-Za-z0-9_-]{1,100}")) {
      throw new IllegalArgumentException(
          "The outbox endpoint "
              + uri
              + " names no destination: expected outbox:NAME with a name of"
              + " letters, digits, hyphens and underscores, found \""
              + remaining
              + "\".");
    }
    OutboxEndpoint endpoint = new OutboxEndpoint(uri, this, remaining);
    setProperties(endpoint, parameters);
    return endpoint;
  }

  public @Nullable OutboxSettings getSettings() {
    return settings;
  }

  public void setSettings(@Nullable OutboxSettings settings) {
    this.settings = settings;
  }

  /**
   * Returns the store, and opens it at the first call.
   *
   * @throws UnopenedStoreException if it cannot be opened; the message says why
   */
  public Outbox outbox() {
    lock.lock();
    try {
      Outbox open = outbox;
      if (open == null) {
        OutboxSettings where = settings == null ? OutboxSettings.of(getCamelContext()) : settings;
        try {
          open = open(where);
        } catch (IllegalStateException e) {
          throw new UnopenedStoreException(e);
        }
        outbox = open;
        health = OutboxHealth.register(getCamelContext(), open);
      }
      return open;
    } finally {
      lock.unlock();
    }
  }

  private Outbox open(OutboxSettings where) {
    ThreadPoolProfile threads =
        getCamelContext().getExecutorServiceManager().getThreadPoolProfile(THREADS);
    int least = number(threads == null ? null : threads.getPoolSize(), Outbox.LEAST_CONTINUING);
    int most = number(threads == null ? null : threads.getMaxPoolSize(), Outbox.MOST_CONTINUING);
    return new Outbox(where, Settings.clock(getCamelContext()), least, most);
  }

  private static int number(@Nullable Integer given, int otherwise) {
    return given == null || given < 1 ? otherwise : given;
  }

  @Override
  protected void doStop() throws Exception {
    super.doStop();
    lock.lock();
    try {
      if (outbox != null) {
        outbox.close();
        outbox = null;
      }
      if (health != null) {
        health.unregister(getCamelContext());
        health = null;
      }
    } finally {
      lock.unlock();
    }
  }
}
