package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.app.CommandLineStart;
import io.dromedary.settings.Settings;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Markdown;
import io.dromedary.testing.Markdown.Block;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Tries the examples, links and class names of the documentation. A comment above a block may name
 * a further setting that the block needs, {@code <!-- with KEY = VALUE -->}, or say that it shows
 * the settings of a host, {@code <!-- host -->}.
 */
class DocumentationTest {

  /** The languages of blocks. Some are tried here, some by other tests, and some by neither. */
  private static final Set<String> LANGUAGES =
      Set.of("", "properties", "yaml", "sh", "json", "xml", "java", "js", "python", "go");

  /** Replaces a secret that the documentation omits: the base64 form of 24 bytes. */
  private static final String WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static final String WITH = "with ";

  private static final Pattern STORE = Pattern.compile("[\\w-]+\\.p12");

  /** A class, with a member or without. */
  private static final Pattern CLASS_NAME =
      Pattern.compile("([A-Z][a-z]+(?:[A-Z0-9][a-z0-9]*)+)(?:\\.(\\w+))?");

  private static final Pattern QUALIFIED_NAME =
      Pattern.compile("\\bio\\.dromedary(?:\\.[a-z]+)*\\.[A-Z]\\w*");

  private static final Pattern TYPE =
      Pattern.compile("\\b(?:class|record|interface|enum) ([A-Z]\\w*)");

  /** Classes of libraries, and names that only look like those of classes. */
  private static final Set<String> OTHER_NAMES =
      Set.of(
          "AlgorithmConstraints",
          "CamelHttpMethod",
          "CamelHttpResponseCode",
          "CamelRedeliveryDelay",
          "DelegateSyncProcessor",
          "DromedaryMessageId",
          "DromedarySettlement",
          "DromedaryType",
          "HdrHistogram",
          "InterceptStrategy",
          "LatencyUtils",
          "LongAdder",
          "NaN",
          "ObjectMessage",
          "OutOfMemoryError",
          "OverdueSeconds");

  /** The keys of Spring Boot and Quarkus for the address of their server. */
  private static final Pattern ADDRESS =
      Pattern.compile("(?m)^(server\\.address|quarkus\\.http\\.host)(?= )");

  @TempDir Path folder;

  static Stream<Block> properties() {
    return Markdown.blocks("properties");
  }

  static Stream<Block> yaml() {
    return Markdown.blocks("yaml");
  }

  static Stream<Block> sh() {
    return Markdown.blocks("sh");
  }

  @Test
  void everyBlockIsInALanguageThatIsKnown() {
    List<Block> blocks = Markdown.all().stream().flatMap(file -> file.blocks().stream()).toList();

    assertThat(blocks).hasSizeGreaterThan(40);
    assertThat(blocks).allSatisfy(block -> assertThat(LANGUAGES).contains(block.language()));
  }

  @Test
  void everyNoteToTheTestsIsUnderstood() {
    assertThat(Markdown.all().stream().flatMap(file -> file.blocks().stream()))
        .allSatisfy(
            block -> assertThat(block.note()).as(block.where()).matches("|host|with .+ = .+"));
  }

  @ParameterizedTest
  @MethodSource("properties")
  void settingsAreTaken(Block block) throws Exception {
    String text = block.text();
    if (block.note().startsWith(WITH)) {
      text += block.note().substring(WITH.length()) + "\n";
    }
    if (block.note().equals("host")) {
      assertHostTakes(text, block.where());
    }
    // A host's settings, too, because in a host a misspelt key is only a warning.
    assertApplicationTakes(text, block.where());
  }

  private void assertApplicationTakes(String text, String where) throws Exception {
    Files.writeString(folder.resolve("application.properties"), filledIn(text), UTF_8);
    assertTaken(CommandLineStart.context(folder), where);
  }

  /**
   * Reads settings as a host on plain Camel does, with plain Camel's keys for the address and the
   * port. DropInIT tries Spring Boot and Quarkus themselves.
   */
  private void assertHostTakes(String text, String where) throws Exception {
    String own =
        ADDRESS.matcher(filledIn(text)).replaceAll("camel.server.port = 8080\ncamel.server.host");
    Path file = Files.writeString(folder.resolve("host.properties"), own, UTF_8);
    CamelContext context = new DefaultCamelContext();
    context.getPropertiesComponent().setLocation("file:" + file);
    context.build();
    assertTaken(context, where);
  }

  private static void assertTaken(CamelContext context, String where) {
    try {
      assertThatCode(() -> Settings.read(context, Map.of())).as(where).doesNotThrowAnyException();
    } finally {
      context.stop();
    }
  }

  /** Fills in what a reader has to: secrets, variables of the environment, and key stores. */
  private String filledIn(String text) throws Exception {
    StringBuilder filledIn = new StringBuilder();
    Matcher store = STORE.matcher(text);
    while (store.find()) {
      Certificates certificates = new Certificates();
      Path file =
          store.group().startsWith("client")
              ? certificates.clientStore(folder)
              : certificates.trustStore(folder);
      store.appendReplacement(filledIn, Matcher.quoteReplacement(file.toString()));
    }
    return store
        .appendTail(filledIn)
        .toString()
        .replace("whsec_…", WHSEC)
        .replaceAll("\\{\\{env:\\w+}}", Certificates.PASSWORD);
  }

  @ParameterizedTest
  @MethodSource("yaml")
  void routesAreLoadedAndSettingsOfHostsAreTaken(Block block) throws Exception {
    Object root = new Load(LoadSettings.builder().build()).loadFromString(block.text());
    if (root instanceof Map<?, ?> settings) {
      List<String> lines = new ArrayList<>();
      flatten("", settings, lines);
      String text = String.join("\n", lines);
      assertHostTakes(text, block.where());
      assertApplicationTakes(text, block.where());
      assertThat(text).as(block.where()).contains("webhooks.");
    } else {
      assertLoads(block);
    }
  }

  private static void flatten(String prefix, Map<?, ?> settings, List<String> lines) {
    settings.forEach(
        (key, value) -> {
          if (value instanceof Map<?, ?> inner) {
            flatten(prefix + key + ".", inner, lines);
          } else {
            lines.add(prefix + key + " = " + value);
          }
        });
  }

  /** Loads a route; steps without a route get one. */
  private static void assertLoads(Block block) throws Exception {
    String text = block.text();
    if (!text.startsWith("- route:")) {
      text = "- route:\n    from:\n      uri: direct:documented\n      steps:\n" + text.indent(8);
    }
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      context.build();
      PluginHelper.getRoutesLoader(context)
          .loadRoutes(ResourceHelper.fromString("documented.camel.yaml", text));
      assertThat(context.getRouteDefinitions()).as(block.where()).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("sh")
  void shellBlocksAreSyntacticallyRight(Block block) throws Exception {
    File bash = new File("/bin/bash");
    assumeTrue(bash.canExecute(), "there is no bash");
    Path script = Files.writeString(folder.resolve("block.sh"), block.text(), UTF_8);
    Path said = folder.resolve("said");
    int code =
        new ProcessBuilder(bash.getPath(), "-n", script.toString())
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start()
            .waitFor();

    assertThat(Files.readString(said)).as(block.where()).isEmpty();
    assertThat(code).as(block.where()).isZero();
  }

  @Test
  void dataCanBeParsed() {
    ObjectMapper json = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    assertThat(Markdown.blocks("json"))
        .isNotEmpty()
        .allSatisfy(block -> assertThat(json.readTree(block.text()).isObject()).isTrue());
    assertThat(Markdown.blocks("xml"))
        .isNotEmpty()
        .allSatisfy(
            block ->
                DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(new ByteArrayInputStream(block.text().getBytes(UTF_8))));
  }

  @Test
  void everyLinkLeadsSomewhere() {
    List<Markdown> all = Markdown.all();

    assertThat(Markdown.brokenLinks(all)).isEmpty();
    assertThat(all.stream().mapToInt(file -> file.links().size()).sum()).isGreaterThan(50);
  }

  /** After a class is renamed, a document must not keep its old name. */
  @Test
  void everyClassThatIsNamedExists() throws IOException {
    Map<String, String> sources = new HashMap<>();
    for (Path source : javaFiles()) {
      String text = Files.readString(source);
      TYPE.matcher(text).results().forEach(type -> sources.put(type.group(1), text));
    }
    List<String> unknown = new ArrayList<>();
    int found = 0;
    for (Markdown file : Markdown.all()) {
      for (String code : file.code()) {
        Matcher name = CLASS_NAME.matcher(code);
        if (name.matches() && !OTHER_NAMES.contains(name.group(1))) {
          found++;
          String source = sources.get(name.group(1));
          String member = name.group(2);
          if (source == null || (member != null && !source.contains(member))) {
            unknown.add(file.file() + ": " + code);
          }
        }
      }
    }

    assertThat(unknown).isEmpty();
    assertThat(found).isGreaterThan(100);
  }

  @Test
  void everyQualifiedNameIsThatOfAClass() {
    List<String> unknown =
        Markdown.all().stream()
            .flatMap(file -> QUALIFIED_NAME.matcher(file.prose()).results())
            .map(name -> name.group().replace('.', '/') + ".java")
            .filter(file -> !Files.exists(Path.of("src/main/java", file)))
            .filter(file -> !Files.exists(Path.of("src/test/java", file)))
            .toList();

    assertThat(unknown).isEmpty();
  }

  private static List<Path> javaFiles() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("src"))) {
      return files.filter(file -> file.toString().endsWith(".java")).toList();
    }
  }
}
