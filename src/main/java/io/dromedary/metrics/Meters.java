package io.dromedary.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.CamelEvent;
import org.apache.camel.support.SimpleEventNotifierSupport;
import org.jspecify.annotations.Nullable;

/**
 * What is measured in a context. Values are only read when somebody asks for them, so a meter costs
 * what its owner pays to count; only a histogram is written to. They are in the host's Micrometer
 * registry, or in each if it has several, from the start of the context to its stop, and nowhere if
 * there is none: this class does without that library. Thread-safe.
 */
public final class Meters {

  /** How a value behaves. */
  public enum Kind {
    /** It only grows while the process runs. */
    COUNTER,
    /** It goes up and down; NaN where it is not known. */
    GAUGE
  }

  /** What can be published. */
  sealed interface Measured permits Meter, Durations {
    String name();

    String description();

    Map<String, String> labels();
  }

  /**
   * A value.
   *
   * @param name by Micrometer's convention, in lower case with dots
   * @param labels of which each has a bounded number of values, none of them secret
   */
  public record Meter(
      Kind kind, String name, String description, Map<String, String> labels, DoubleSupplier value)
      implements Measured {}

  /**
   * Durations, by how long they are.
   *
   * @param name by Micrometer's convention, which adds the unit
   * @param labels of which each has a bounded number of values, none of them secret
   */
  public record Durations(
      String name, String description, Map<String, String> labels, Histogram histogram)
      implements Measured {}

  private static final String REGISTRY = "io.micrometer.core.instrument.MeterRegistry";

  private final CamelContext context;
  private final List<Measured> meters = new ArrayList<>();
  private @Nullable MicrometerMeters published;

  private Meters(CamelContext context) {
    this.context = context;
  }

  /** The meters of a context. */
  public static synchronized Meters of(CamelContext context) {
    Meters meters = context.getCamelContextExtension().getContextPlugin(Meters.class);
    if (meters == null) {
      meters = new Meters(context);
      context.getCamelContextExtension().addContextPlugin(Meters.class, meters);
      context.getManagementStrategy().addEventNotifier(meters.new Life());
    }
    return meters;
  }

  /** Adds a value, in the place of one that has the same name and labels. */
  public void add(Meter meter) {
    addMeasured(meter);
  }

  /** Adds a histogram, in the place of one that has the same name and labels. */
  public void add(Durations durations) {
    addMeasured(durations);
  }

  private synchronized void addMeasured(Measured meter) {
    meters.removeIf(
        other -> other.name().equals(meter.name()) && other.labels().equals(meter.labels()));
    meters.add(meter);
    if (published != null) {
      published.publish(meter);
    }
  }

  private synchronized void publish() {
    if (context.getClassResolver().resolveClass(REGISTRY) != null) {
      published = MicrometerMeters.of(context);
      if (published != null) {
        meters.forEach(published::publish);
      }
    }
  }

  private synchronized void withdraw() {
    if (published != null) {
      published.withdraw();
      published = null;
    }
  }

  /** Registries are there when a context has started, whoever makes them. */
  private final class Life extends SimpleEventNotifierSupport {

    @Override
    public boolean isEnabled(CamelEvent event) {
      return event instanceof CamelEvent.CamelContextStartedEvent
          || event instanceof CamelEvent.CamelContextStoppedEvent;
    }

    @Override
    public void notify(CamelEvent event) {
      if (event instanceof CamelEvent.CamelContextStartedEvent) {
        publish();
      } else {
        withdraw();
      }
    }
  }
}
