package io.dromedary.delivery;

import org.apache.camel.CamelContext;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.StatefulService;
import org.jspecify.annotations.Nullable;

/** A webhook that is any Camel endpoint, used as it is. */
final class EndpointTarget implements Target {

  private final CamelContext context;
  private final String uri;
  private volatile @Nullable Endpoint endpoint;
  private volatile @Nullable ProducerTemplate template;

  /** A webhook of that endpoint URI. */
  EndpointTarget(CamelContext context, String uri) {
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
      // It went with a route that was the last to name it.
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
