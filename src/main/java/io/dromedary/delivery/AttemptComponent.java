package io.dromedary.delivery;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.Producer;
import org.apache.camel.support.DefaultAsyncProducer;
import org.apache.camel.support.DefaultComponent;
import org.apache.camel.support.DefaultEndpoint;
import org.apache.camel.support.service.ServiceHelper;

/**
 * The component of the endpoints {@code dromedary-attempt:DESTINATION/N}, each of which makes
 * attempts at webhook N of a destination, counted from 1. The webhook's URL, which may hold a
 * secret, is in no endpoint URI.
 *
 * <p>The attempts live as long as the context. An endpoint only refers to them, so a route can be
 * removed together with its endpoints and added again.
 */
public final class AttemptComponent extends DefaultComponent {

  static final String SCHEME = "dromedary-attempt";

  private final Map<String, Attempts> webhooks = new ConcurrentHashMap<>();

  private AttemptComponent() {}

  /** Returns the component of a context, which is added if it is missing. */
  public static synchronized AttemptComponent of(CamelContext context) {
    if (context.hasComponent(SCHEME) instanceof AttemptComponent component) {
      return component;
    }
    AttemptComponent component = new AttemptComponent();
    context.addComponent(SCHEME, component);
    return component;
  }

  /** Returns the endpoint URI of a webhook. */
  public static String uri(String destination, int number) {
    return SCHEME + ":" + destination + "/" + number;
  }

  /** Adds a webhook, whose attempts start and stop with the context. */
  public void add(String destination, int number, Attempts attempts) throws Exception {
    webhooks.put(destination + "/" + number, attempts);
    // The start is deferred, because the context's TLS settings are configured after its beans.
    getCamelContext().deferStartService(attempts, true);
  }

  @Override
  protected Endpoint createEndpoint(String uri, String remaining, Map<String, Object> parameters) {
    Attempts attempts = webhooks.get(remaining);
    if (attempts == null) {
      throw new IllegalArgumentException(
          "There is no webhook " + remaining + ", expected one of " + webhooks.keySet() + ".");
    }
    return new AttemptEndpoint(uri, this, attempts);
  }

  private static final class AttemptEndpoint extends DefaultEndpoint {

    private final Attempts attempts;

    AttemptEndpoint(String uri, AttemptComponent component, Attempts attempts) {
      super(uri, component);
      this.attempts = attempts;
    }

    @Override
    public Producer createProducer() {
      return new AttemptProducer(this, attempts);
    }

    @Override
    public Consumer createConsumer(Processor processor) {
      throw new UnsupportedOperationException("Webhooks are only sent to.");
    }
  }

  private static final class AttemptProducer extends DefaultAsyncProducer {

    private final Attempts attempts;

    AttemptProducer(Endpoint endpoint, Attempts attempts) {
      super(endpoint);
      this.attempts = attempts;
    }

    @Override
    protected void doStart() throws Exception {
      super.doStart();
      ServiceHelper.startService(attempts);
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      return attempts.start(exchange, callback);
    }
  }
}
