package io.dromedary.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import org.apache.camel.builder.RouteBuilder;

/** A host's own routes: a transform, and one that uses the outbox by itself. */
final class Masking extends RouteBuilder {

  /** What nobody behind the transform may see. */
  static final String CLEAR = "Card 4711";

  static final String MASK = "Card ****";

  private final Webhooks webhooks;

  Masking(Webhooks webhooks) {
    this.webhooks = webhooks;
  }

  @Override
  public void configure() {
    from("direct:mask")
        .routeId("mask")
        .errorHandler(noErrorHandler())
        .process(
            exchange ->
                exchange
                    .getMessage()
                    .setBody(exchange.getMessage().getBody(String.class).replace(CLEAR, MASK)));
    from("direct:host").routeId("host-in").errorHandler(noErrorHandler()).to("outbox:host");
    from("outbox:host?inFlight=4&retryDelay=50ms")
        .routeId("host-out")
        .errorHandler(noErrorHandler())
        .process(
            exchange ->
                webhooks.accept(
                    Load.HOST,
                    new String(exchange.getMessage().getMandatoryBody(byte[].class), UTF_8)));
  }
}
