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
 * The meters of a context. Values are read only on request, so a meter costs no more than its
 * owner's counting; only histograms are written to. From the start of the context to its stop, the
 * meters are in the host's Micrometer registry, or in all of its registries if there are several.
 * Without Micrometer they are not published; this class does not need the library. Thread-safe.
 */
public final class Meters {

  /** The kind of a value. */
  public enum Kind {
    /** A value that only grows while the process runs. */
    COUNTER,
    /** A value that goes up and down; NaN if it is unknown. */
    GAUGE
  }

  /** A meter that can be published. */
  sealed interface Measured permits Meter, Durations {
    String name();

    String description();

    Map<String, String> labels();
  }

  /**
   * A meter with a value.
   *
   * @param name its name by Micrometer's convention, in lower case with dots
   * @param labels its labels, each with a bounded number of values, none of which is secret
   */
  public record Meter(
      Kind kind, String name, String description, Map<String, String> labels, DoubleSupplier value)
      implements Measured {}

  /**
   * A meter with a histogram of durations.
   *
   * @param name its name by Micrometer's convention; Micrometer adds the unit
   * @param labels its labels, each with a bounded number of values, none of which is secret
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

  /** Adds a value. Replaces a meter that has the same name and labels. */
  public void add(Meter meter) {
    addMeasured(meter);
  }

  /** Adds a histogram. Replaces a meter that has the same name and labels. */
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

  /** Publishes meters once the context has started, since only then all registries exist. */
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
