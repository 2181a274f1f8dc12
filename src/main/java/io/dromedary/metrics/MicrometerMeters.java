package io.dromedary.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;
import org.apache.camel.CamelContext;
import org.apache.camel.support.CamelContextHelper;
import org.jspecify.annotations.Nullable;

/** The meters of a context in a registry of Micrometer. Confined to {@link Meters}. */
final class MicrometerMeters {

  private final MeterRegistry registry;
  private final Map<Meter.Id, Meter> published = new HashMap<>();

  private MicrometerMeters(MeterRegistry registry) {
    this.registry = registry;
  }

  /** In the registry that the host has, or null if it has none, or several. */
  static @Nullable MicrometerMeters of(CamelContext context) {
    MeterRegistry registry = CamelContextHelper.findSingleByType(context, MeterRegistry.class);
    return registry == null ? null : new MicrometerMeters(registry);
  }

  void publish(Meters.Meter meter) {
    List<Tag> tags =
        meter.labels().entrySet().stream()
            .map(label -> Tag.of(label.getKey(), label.getValue()))
            .toList();
    Meter.Id id = new Meter.Id(meter.name(), Tags.of(tags), null, null, Meter.Type.OTHER);
    Meter before = published.remove(id);
    if (before != null) {
      registry.remove(before);
    }
    // Held by the list of meters: the registry has only a weak reference to what a counter counts.
    DoubleSupplier value = meter.value();
    published.put(
        id,
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
        });
  }

  void withdraw() {
    published.values().forEach(registry::remove);
    published.clear();
  }
}
