package io.dromedary.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.dromedary.metrics.Meters.Durations;
import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;

/** Tests meters with and without a registry of the host. */
class MetersTest {

  private static Meter gauge(String label, double value) {
    return new Meter(Kind.GAUGE, "dromedary.test", "A test", Map.of("label", label), () -> value);
  }

  private static double value(SimpleMeterRegistry registry, String label) {
    return registry.get("dromedary.test").tag("label", label).gauge().value();
  }

  @Test
  void metersAreInTheRegistryFromStartToStop() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    DefaultCamelContext camel = new DefaultCamelContext();
    Meters meters = Meters.of(camel);
    meters.add(gauge("before", 1));
    meters.add(gauge("replaced", 2));
    meters.add(gauge("replaced", 3));
    camel.getRegistry().bind("host", registry);
    camel.start();
    meters.add(gauge("after", 4));
    meters.add(gauge("before", 5));
    assertThat(registry.getMeters()).hasSize(3);
    assertThat(value(registry, "before")).isEqualTo(5);
    assertThat(value(registry, "replaced")).isEqualTo(3);
    assertThat(value(registry, "after")).isEqualTo(4);

    camel.stop();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void aHostMayHaveSeveralRegistries() {
    SimpleMeterRegistry first = new SimpleMeterRegistry();
    SimpleMeterRegistry second = new SimpleMeterRegistry();
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.getRegistry().bind("first", first);
    camel.getRegistry().bind("second", second);
    Meters.of(camel).add(gauge("before", 1));
    camel.start();
    Meters.of(camel).add(gauge("after", 2));

    for (SimpleMeterRegistry registry : List.of(first, second)) {
      assertThat(registry.getMeters()).hasSize(2);
      assertThat(value(registry, "before")).isEqualTo(1);
      assertThat(value(registry, "after")).isEqualTo(2);
    }
    camel.stop();
    assertThat(first.getMeters()).isEmpty();
    assertThat(second.getMeters()).isEmpty();
  }

  /** Spring Boot, for example, combines all registries on the class path. */
  @Test
  void whatARegistryIsMadeOfIsNotCountedTwice() {
    SimpleMeterRegistry part = new SimpleMeterRegistry();
    CompositeMeterRegistry composite = new CompositeMeterRegistry();
    composite.add(part);
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.getRegistry().bind("part", part);
    camel.getRegistry().bind("composite", composite);
    Meters.of(camel)
        .add(new Meter(Kind.COUNTER, "dromedary.test", "A test", Map.of("label", "one"), () -> 1));
    camel.start();

    assertThat(composite.getMeters()).hasSize(1);
    assertThat(part.get("dromedary.test").functionCounter().count()).isEqualTo(1);
    camel.stop();
    assertThat(composite.getMeters()).isEmpty();
    assertThat(part.getMeters()).isEmpty();
  }

  @Test
  void durationsAreCountedInEachRegistryFromStartToStop() {
    Histogram histogram = Histogram.ofRequests();
    histogram.record(TimeUnit.MILLISECONDS.toNanos(1));
    SimpleMeterRegistry first = new SimpleMeterRegistry();
    SimpleMeterRegistry second = new SimpleMeterRegistry();
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.getRegistry().bind("first", first);
    camel.getRegistry().bind("second", second);
    Meters.of(camel)
        .add(new Durations("dromedary.test", "A test", Map.of("label", "one"), histogram));
    camel.start();
    histogram.record(TimeUnit.MILLISECONDS.toNanos(4));
    histogram.record(TimeUnit.MILLISECONDS.toNanos(60));
    histogram.record(TimeUnit.SECONDS.toNanos(11));
    histogram.record(-1);

    for (SimpleMeterRegistry registry : List.of(first, second)) {
      Timer timer = registry.get("dromedary.test").tag("label", "one").timer();
      assertThat(timer.count()).isEqualTo(4);
      assertThat(timer.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(11_064);
      assertThat(timer.takeSnapshot().histogramCounts())
          .extracting(each -> each.bucket(TimeUnit.MILLISECONDS), CountAtBucket::count)
          .contains(tuple(5.0, 2.0), tuple(50.0, 2.0), tuple(75.0, 3.0), tuple(10_000.0, 3.0))
          .hasSize(14);
    }
    camel.stop();
    assertThat(first.getMeters()).isEmpty();
    assertThat(second.getMeters()).isEmpty();
    // The meter is no longer published, and recording does not fail.
    histogram.record(1);
  }

  @Test
  void aHostNeedNotHaveMicrometer() throws Exception {
    List<URL> others = new ArrayList<>();
    for (String each : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!each.contains("micrometer")) {
        others.add(new File(each).toURI().toURL());
      }
    }
    try (URLClassLoader host =
        new URLClassLoader(others.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> without = host.loadClass(Without.class.getName());
      assertThat(((Supplier<?>) without.getConstructor().newInstance()).get())
          .isEqualTo("no Micrometer, Started");
    }
  }

  /** Runs in a class loader without Micrometer, and so without the enclosing class. */
  public static final class Without implements Supplier<String> {

    @Override
    public String get() {
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(getClass().getClassLoader());
      try (DefaultCamelContext camel = new DefaultCamelContext()) {
        Histogram histogram = Histogram.ofRequests();
        Meters.of(camel).add(new Meter(Kind.GAUGE, "any", "A test", Map.of(), () -> 1));
        Meters.of(camel).add(new Durations("some", "A test", Map.of(), histogram));
        camel.start();
        histogram.record(1);
        Object found =
            camel.getClassResolver().resolveClass("io.micrometer.core.instrument.MeterRegistry");
        return (found == null ? "no Micrometer, " : found) + camel.getStatus().name();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      } finally {
        thread.setContextClassLoader(before);
      }
    }
  }
}
