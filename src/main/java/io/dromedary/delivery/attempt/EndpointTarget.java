package io.dromedary.delivery.attempt;

import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.StatefulService;
import org.jspecify.annotations.Nullable;

/** Sends to a webhook that is any Camel endpoint, which is used unchanged. */
public final class EndpointTarget implements Target {

  private final CamelContext context;
  private final String uri;
  private volatile @Nullable Endpoint endpoint;
  private volatile @Nullable ProducerTemplate template;

  /** Creates a target for that endpoint URI. */
  public EndpointTarget(CamelContext context, String uri) {
    this.context = context;
    this.uri = uri;
  }

  @Override
  public void start() {
    endpoint = context.getEndpoint(uri);
    ProducerTemplate sender = context.createProducerTemplate();
    sender.start();
    template = sender;
  }

  @Override
  public void send(Exchange exchange) {
    ProducerTemplate sender = template;
    Endpoint to = endpoint;
    if (sender == null || to == null) {
      throw new IllegalStateException("the webhook has stopped");
    }
    if (to instanceof StatefulService service && service.isStopped()) {
      // The endpoint was removed with the last route that used it.
      to = context.getEndpoint(uri);
      endpoint = to;
    }
    sender.send(to, exchange);
  }

  @Override
  public void stop() {
    ProducerTemplate sender = template;
    template = null;
    if (sender != null) {
      sender.stop();
    }
  }
}
