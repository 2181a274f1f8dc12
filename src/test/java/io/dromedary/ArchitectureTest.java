package io.dromedary;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static java.util.Map.entry;
import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the layers: a package may use only those below it in the table of ARCHITECTURE.md. */
class ArchitectureTest {

  private static final String ROOT = "io.dromedary";

  private static final int MOST_LINES = 350;

  /** A row of the table, with the package in its first cell. */
  private static final Pattern ROW = Pattern.compile("\\| (?:`([a-z.]+)`|\\(the root\\)) \\|.*");

  /** Packages that may use only some of those below them. */
  private static final Map<String, Set<String>> MAY_USE =
      Map.ofEntries(
          entry(
              "outbox",
              Set.of(
                  "outbox.deadletter",
                  "outbox.pending",
                  "outbox.store",
                  "outbox.dedup",
                  "event",
                  "tracing",
                  "logging",
                  "settings",
                  "metrics",
                  "json")),
          entry("outbox.deadletter", Set.of("outbox.pending", "outbox.store", "settings", "json")),
          entry("outbox.pending", Set.of("outbox.store")),
          entry("outbox.store", Set.of("outbox.dedup", "settings", "metrics", "json")),
          entry("outbox.dedup", Set.of()),
          entry("event", Set.of("settings", "json")),
          entry("tracing", Set.of("settings")),
          entry("signing", Set.of("json")),
          entry("http", Set.of("metrics", "json")),
          entry("logging", Set.of("json")),
          entry("routing", Set.of()),
          entry("delivery.http", Set.of("delivery.attempt", "delivery.tls", "settings")),
          entry("delivery.attempt", Set.of("delivery.flow", "delivery.tls")),
          entry("delivery.flow", Set.of()),
          entry("delivery.tls", Set.of()),
          entry("settings", Set.of()),
          entry("metrics", Set.of()));

  /** Public classes that are used in ways which their users' byte code does not show. */
  private static final Set<String> EXCEPTIONS =
      Set.of(
          // Routes call methods of these beans, and Camel requires public classes for that.
          "Batching",
          "DeadLetterRetries",
          "GivingUp",
          "RetryDecision",
          "Round",
          // The main class, which Launcher loads by its name.
          "Dromedary",
          // An option that is added to URIs.
          "JmsBodies",
          // A constant, which the compiler copies.
          "Schema");

  private static final Path OF_MAIN = place(Dromedary.class);
  private static final JavaClasses MAIN = new ClassFileImporter().importPath(OF_MAIN);

  private static Path place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(**)").should().beFreeOfCycles().check(MAIN);
  }

  @Test
  void packagesUseOnlyThoseBelowThem() {
    List<String> rows = rows();
    Set<String> wrong = new TreeSet<>();
    for (JavaClass from : MAIN) {
      String upper = row(from, rows);
      for (JavaClass to : ours(from)) {
        String lower = row(to, rows);
        boolean isBelow = rows.indexOf(lower) > rows.indexOf(upper);
        boolean isAllowed = MAY_USE.getOrDefault(upper, Set.of(lower)).contains(lower);
        if (!lower.equals(upper) && !(isBelow && isAllowed)) {
          wrong.add(from.getName() + " uses " + to.getName());
        }
      }
    }

    assertThat(wrong).isEmpty();
  }

  @Test
  void onlyTheApplicationWritesToTheConsole() {
    noClasses()
        .that()
        .resideOutsideOfPackages(ROOT, ROOT + ".app", ROOT + ".command")
        // It reports the end of the process when nothing else may work.
        .and()
        .doNotHaveFullyQualifiedName(ROOT + ".server.Heartbeat")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(MAIN);
  }

  @Test
  void onlyTheLoggingPackageUsesTheLoggersOfTheJvm() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".logging")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.util.logging")
        .check(MAIN);
  }

  @Test
  void classesThatNoOtherPackageUsesAreNotPublic() throws IOException {
    Map<String, Set<String>> users = new TreeMap<>();
    for (JavaClass from : new ClassFileImporter().importPaths(OF_MAIN, place(getClass()))) {
      for (JavaClass to : ours(from)) {
        users
            .computeIfAbsent(top(to).getName(), name -> new TreeSet<>())
            .add(from.getPackageName());
      }
    }
    String named = named();
    Set<String> unused =
        MAIN.stream()
            .filter(each -> each.isTopLevelClass() && isPublic(each))
            .filter(each -> !EXCEPTIONS.contains(each.getSimpleName()))
            // Camel's plugin generates the others.
            .filter(each -> Files.exists(source(each)))
            .filter(
                each ->
                    Set.of(each.getPackageName())
                        .containsAll(users.getOrDefault(each.getName(), Set.of())))
            .map(JavaClass::getName)
            .filter(name -> !Pattern.compile(Pattern.quote(name) + "\\b").matcher(named).find())
            .collect(toCollection(TreeSet::new));

    assertThat(unused).isEmpty();
  }

  @Test
  void filesAreShort() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
      assertThat(files.filter(file -> file.toString().endsWith(".java")))
          .allSatisfy(
              file -> assertThat(Files.readAllLines(file)).hasSizeLessThanOrEqualTo(MOST_LINES));
    }
  }

  private static boolean isPublic(JavaClass type) {
    return type.getModifiers().contains(JavaModifier.PUBLIC);
  }

  /** The classes of this project that a class uses. */
  private static Set<JavaClass> ours(JavaClass from) {
    return from.getDirectDependenciesFromSelf().stream()
        .map(Dependency::getTargetClass)
        .map(JavaClass::getBaseComponentType)
        .filter(to -> (to.getPackageName() + ".").startsWith(ROOT + "."))
        .collect(Collectors.toSet());
  }

  private static JavaClass top(JavaClass type) {
    return type.getEnclosingClass().map(ArchitectureTest::top).orElse(type);
  }

  private static Path source(JavaClass type) {
    return Path.of("src/main/java", type.getName().replace('.', '/') + ".java");
  }

  /** The rows of the table, from top to bottom. The root is the empty name. */
  private static List<String> rows() {
    try (Stream<String> lines = Files.lines(Path.of("ARCHITECTURE.md"))) {
      return lines
          .map(ROW::matcher)
          .filter(row -> row.matches())
          .map(row -> row.group(1) == null ? "" : row.group(1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String packageOf(JavaClass type) {
    String name = type.getPackageName();
    return name.equals(ROOT) ? "" : name.substring(ROOT.length() + 1);
  }

  private static String row(JavaClass type, List<String> rows) {
    return row(packageOf(type), rows);
  }

  private static String row(String name, List<String> rows) {
    return rows.contains(name) || !name.contains(".")
        ? name
        : row(name.substring(0, name.lastIndexOf('.')), rows);
  }

  /** The text of the files that name classes. */
  private static String named() throws IOException {
    StringBuilder text = new StringBuilder(Files.readString(Path.of("pom.xml")));
    for (String folder : List.of("routes", "src/main/resources")) {
      try (Stream<Path> files = Files.walk(Path.of(folder))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          text.append(Files.readString(file));
        }
      }
    }
    return text.toString();
  }
}
