package io.dromedary;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.ClassPath;
import java.io.File;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checks that all modules of a family have the same version. If a dependency pulls in a newer
 * version of some modules, methods may be missing when they are called.
 */
class DependenciesTest {

  private static final Pattern JAR =
      Pattern.compile("(?<name>[A-Za-z][\\w.-]*?)-(?<minor>\\d+\\.\\d+)[\\w.-]*\\.jar");

  /** Modules with a version of their own. */
  private static final Set<String> ALONE = Set.of("netty-tcnative-classes", "spring-boot");

  private record Module(String name, String minor) {}

  private static final List<Module> MODULES =
      Arrays.stream(ClassPath.ofTests().split(File.pathSeparator))
          .map(path -> JAR.matcher(new File(path).getName()))
          .filter(Matcher::matches)
          .map(jar -> new Module(jar.group("name"), jar.group("minor")))
          .toList();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "camel",
        "httpclient5",
        "httpcore5",
        "jackson",
        "kafka",
        "logback",
        "micrometer",
        "netty",
        "opentelemetry",
        "prometheus-metrics",
        "spring",
        "vertx"
      })
  void modulesOfOneFamilyHaveOneMinorVersion(String family) {
    Map<String, Set<String>> versions =
        MODULES.stream()
            .filter(module -> module.name().matches(family + "([-_].*)?"))
            .filter(module -> ALONE.stream().noneMatch(module.name()::startsWith))
            .collect(
                groupingBy(
                    Module::minor,
                    TreeMap::new,
                    mapping(Module::name, toCollection(TreeSet::new))));

    assertThat(versions).as("modules by their minor version").hasSize(1);
  }

  @Test
  void noModuleIsThereTwice() {
    Map<String, Set<String>> versions =
        MODULES.stream()
            .collect(
                groupingBy(
                    Module::name,
                    TreeMap::new,
                    mapping(Module::minor, toCollection(TreeSet::new))));
    // Different libraries with the same name, which only tests need.
    versions.keySet().removeAll(Set.of("metrics-core", "xz", "analytics", "analytics-core"));

    assertThat(versions).allSatisfy((name, minors) -> assertThat(minors).as(name).hasSize(1));
  }
}
