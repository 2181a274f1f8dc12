package io.dromedary.alert;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;

/** The destinations of a context that alerts may be about. Thread-safe. */
public final class Watched {

  private final List<Destination> destinations = new CopyOnWriteArrayList<>();

  private Watched() {}

  /**
   * A destination.
   *
   * @param window how long after its acceptance an event is given up
   * @param webhooks what is seen of its webhooks, asked now and then by a thread of the alerts'
   */
  public record Destination(String name, Duration window, Supplier<List<WebhookSight>> webhooks) {}

  /** Those of a context. */
  public static synchronized Watched of(CamelContext context) {
    Watched watched = context.getCamelContextExtension().getContextPlugin(Watched.class);
    if (watched == null) {
      watched = new Watched();
      context.getCamelContextExtension().addContextPlugin(Watched.class, watched);
    }
    return watched;
  }

  /** Adds a destination. */
  public void add(Destination destination) {
    destinations.add(destination);
  }

  List<Destination> destinations() {
    return List.copyOf(destinations);
  }
}
