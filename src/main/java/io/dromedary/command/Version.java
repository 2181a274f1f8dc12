package io.dromedary.command;

import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IVersionProvider;

/** Tells which version this is, and what it runs on. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {
      "dromedary " + of(Version.class),
      "Camel " + of(CamelContext.class) + ", Java " + Runtime.version()
    };
  }

  /** The version of the jar that a class is in. */
  private static String of(Class<?> type) {
    @Nullable String version = type.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
