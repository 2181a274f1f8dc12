package io.dromedary.metrics;

import io.dromedary.metrics.Meters.Kind;
import io.dromedary.metrics.Meters.Meter;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the versions that run, so that changes of other metrics can be related to deployments.
 */
public final class BuildInfo {

  private static final String UNKNOWN = "unknown";

  private BuildInfo() {}

  /** Makes a gauge that is always 1, with the versions as labels. */
  public static Meter of(CamelContext context) {
    return new Meter(
        Kind.GAUGE,
        "dromedary.build.info",
        "Always 1, with the versions of Dromedary, Camel and Java",
        Map.of(
            "version",
            // From the jar's manifest, so it is unknown if the classes are in a folder.
            known(BuildInfo.class.getPackage().getImplementationVersion()),
            "camel",
            known(context.getVersion()),
            "java",
            known(System.getProperty("java.version"))),
        () -> 1);
  }

  private static String known(@Nullable String version) {
    return version == null || version.isBlank() ? UNKNOWN : version;
  }
}
