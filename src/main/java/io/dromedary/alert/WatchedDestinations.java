package io.dromedary.alert;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.camel.CamelContext;

/** The destinations of a context that are checked for alerts. Thread-safe. */
public final class WatchedDestinations {

  private final List<Destination> destinations = new CopyOnWriteArrayList<>();

  private WatchedDestinations() {}

  /**
   * A destination.
   *
   * @param window the retry window of its events
   * @param webhooks the state of its webhooks, called now and then by the thread of the alerts
   */
  public record Destination(
      String name, Duration window, Supplier<List<WebhookSnapshot>> webhooks) {}

  /** The destinations of a context. */
  public static synchronized WatchedDestinations of(CamelContext context) {
    WatchedDestinations watched =
        context.getCamelContextExtension().getContextPlugin(WatchedDestinations.class);
    if (watched == null) {
      watched = new WatchedDestinations();
      context.getCamelContextExtension().addContextPlugin(WatchedDestinations.class, watched);
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
