package io.dromedary.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * docs/hosts.md tells users to add what the projects of {@link DropInIT} have. A host that lacks
 * one of these dependencies may not start.
 */
class HostDependenciesTest {

  private static final Pattern DEPENDENCIES =
      Pattern.compile(
          "</dependencyManagement>\\s*<dependencies>(.*?)</dependencies>", Pattern.DOTALL);
  private static final Pattern ARTIFACT = Pattern.compile("<artifactId>(.+?)</artifactId>");

  /** The library itself, a logger, and what the documentation calls optional. */
  private static final List<String> NOT_NEEDED =
      List.of("dromedary", "slf4j-simple", "spring-boot-starter-actuator");

  @ParameterizedTest
  @CsvSource({"Spring Boot, spring-boot", "Quarkus, quarkus", "Camel Main, plain-camel"})
  void documentationNamesTheDependenciesOfAHost(String title, String project) throws Exception {
    String page = Files.readString(Path.of("docs/hosts.md"));
    String start = "**" + title + "** (see `src/it/" + project + "`";
    assertThat(page).contains(start);
    int from = page.indexOf(start);
    String paragraph = page.substring(from, page.indexOf("```", from));

    assertThat(dependencies(Path.of("src/it", project, "pom.xml")))
        .isNotEmpty()
        .allSatisfy(each -> assertThat(paragraph).contains("`" + each + "`"));
  }

  private static List<String> dependencies(Path pom) throws Exception {
    return DEPENDENCIES
        .matcher(Files.readString(pom))
        .results()
        .map(MatchResult::group)
        .flatMap(text -> ARTIFACT.matcher(text).results())
        .map(artifact -> artifact.group(1))
        .filter(artifact -> !NOT_NEEDED.contains(artifact))
        .map(artifact -> artifact.replaceFirst("^camel-quarkus-", ""))
        .toList();
  }
}
