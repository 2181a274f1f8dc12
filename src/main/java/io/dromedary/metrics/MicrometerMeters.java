package io.dromedary.metrics;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleSupplier;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Publishes the meters of a context in a Micrometer registry. Guarded by {@link Meters}. */
final class MicrometerMeters {

  private static final Logger LOG = LoggerFactory.getLogger(Meters.class);

  private final MeterRegistry registry;
  private final Map<Meter.Id, Published> published = new HashMap<>();

  private MicrometerMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Uses the host's only or primary registry, or else all of them; null if it has none. */
  static @Nullable MicrometerMeters of(CamelContext context) {
    MeterRegistry only = context.getRegistry().findSingleByType(MeterRegistry.class);
    Set<MeterRegistry> all =
        only == null ? ends(context.getRegistry().findByType(MeterRegistry.class)) : Set.of(only);
    return switch (all.size()) {
      case 0 -> null;
      case 1 -> new MicrometerMeters(all.iterator().next());
      default -> {
        LOG.info("Metrics are in each of the {} Micrometer registries of the host", all.size());
        yield new MicrometerMeters(new CompositeMeterRegistry(Clock.SYSTEM, all));
      }
    };
  }

  /** The registries that are not part of a composite one, which would get each value twice. */
  private static Set<MeterRegistry> ends(Set<MeterRegistry> registries) {
    Set<MeterRegistry> ends = new HashSet<>(registries);
    for (MeterRegistry each : registries) {
      if (each instanceof CompositeMeterRegistry composite) {
        ends.removeAll(composite.getRegistries());
      }
    }
    return ends;
  }

  void publish(Meters.Measured meter) {
    List<Tag> tags =
        meter.labels().entrySet().stream()
            .map(label -> Tag.of(label.getKey(), label.getValue()))
            .toList();
    Meter.Id id = new Meter.Id(meter.name(), Tags.of(tags), null, null, Meter.Type.OTHER);
    Published before = published.remove(id);
    if (before != null) {
      before.withdraw(registry);
    }
    published.put(id, register(meter, tags));
  }

  private Published register(Meters.Measured measured, List<Tag> tags) {
    if (measured instanceof Meters.Durations durations) {
      Histogram histogram = durations.histogram();
      Timer timer =
          Timer.builder(durations.name())
              .description(durations.description())
              .tags(tags)
              .serviceLevelObjectives(histogram.buckets().toArray(Duration[]::new))
              .register(registry);
      histogram.publish(nanos -> timer.record(nanos, TimeUnit.NANOSECONDS));
      return new Published(timer, histogram);
    }
    Meters.Meter meter = (Meters.Meter) measured;
    // The list of meters keeps the value alive, since the registry only has a weak reference to it.
    DoubleSupplier value = meter.value();
    return new Published(
        switch (meter.kind()) {
          case COUNTER ->
              FunctionCounter.builder(meter.name(), value, DoubleSupplier::getAsDouble)
                  .description(meter.description())
                  .tags(tags)
                  .register(registry);
          case GAUGE ->
              Gauge.builder(meter.name(), value, DoubleSupplier::getAsDouble)
                  .description(meter.description())
                  .tags(tags)
                  .register(registry);
        },
        null);
  }

  void withdraw() {
    published.values().forEach(each -> each.withdraw(registry));
    published.clear();
  }

  /** A meter in the registry, and the histogram that writes to it, or null. */
  private record Published(Meter meter, @Nullable Histogram histogram) {

    void withdraw(MeterRegistry registry) {
      if (histogram != null) {
        histogram.publish(null);
      }
      registry.remove(meter);
    }
  }
}
