package io.dromedary.settings;

import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;

/** Finds the properties of hosts that have their own order of sources. */
final class HostProperties {

  private static final String SPRING = "dromedary-spring";
  private static final String QUARKUS = "CamelMicroProfilePropertiesSource";

  private HostProperties() {}

  /** The properties of Spring Boot or Quarkus, or null in other applications. */
  static @Nullable PropertiesSource of(CamelContext context) {
    // Camel Main may have MicroProfile's properties too, but keeps its own order.
    String name = HttpServerInfo.isQuarkus(context) ? QUARKUS : SPRING;
    return context.getPropertiesComponent().getPropertiesSource(name);
  }
}
