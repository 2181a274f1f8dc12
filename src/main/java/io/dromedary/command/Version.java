package io.dromedary.command;

import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IVersionProvider;

/** Provides the versions of Dromedary, Camel and Java. */
final class Version implements IVersionProvider {

  @Override
  public String[] getVersion() {
    return new String[] {
      "dromedary " + of(Version.class),
      "Camel " + of(CamelContext.class) + ", Java " + Runtime.version()
    };
  }

  /** The version of the jar with a class. */
  private static String of(Class<?> type) {
    @Nullable String version = type.getPackage().getImplementationVersion();
    return version == null ? "(not packaged)" : version;
  }
}
