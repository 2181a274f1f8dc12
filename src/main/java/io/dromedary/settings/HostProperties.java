package io.dromedary.settings;

import org.apache.camel.CamelContext;
import org.apache.camel.spi.PropertiesSource;
import org.jspecify.annotations.Nullable;

/** The properties of a host that has its own order of environment, system properties and files. */
final class HostProperties {

  private static final String SPRING = "dromedary-spring";
  private static final String QUARKUS = "CamelMicroProfilePropertiesSource";

  private HostProperties() {}

  /** The properties of Spring Boot or Quarkus, or null in any other application. */
  static @Nullable PropertiesSource of(CamelContext context) {
    // Camel Main may have MicroProfile's properties too, and keeps to its own order.
    String name = HttpServerInfo.isQuarkus(context) ? QUARKUS : SPRING;
    return context.getPropertiesComponent().getPropertiesSource(name);
  }
}
