package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.settings.Settings;
import io.dromedary.testing.Certificates;
import io.dromedary.testing.Markdown;
import io.dromedary.testing.Markdown.Block;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
 * What the documentation shows can be used as it stands. A comment above a block tells what it
 * needs: {@code <!-- with KEY = VALUE -->} is a setting beside it, and {@code <!-- host -->} says
 * that it is in the settings of a host.
 */
class DocumentationTest {

  /** Those that are looked at here or by another test, and those that only a tool of theirs can. */
  private static final Set<String> LANGUAGES =
      Set.of("", "properties", "yaml", "sh", "json", "xml", "java", "js", "python", "go");

  /** Stands where the documentation leaves out a secret; the base64 form of 24 bytes. */
  private static final String WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

  private static final String WITH = "with ";

  private static final Pattern STORE = Pattern.compile("[\\w-]+\\.p12");

  /** Where Spring Boot and Quarkus are told the address that their server listens at. */
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
    // Also of a host: there, a misspelt key is no more than a warning.
    assertApplicationTakes(text, block.where());
  }

  private void assertApplicationTakes(String text, String where) throws Exception {
    Files.writeString(folder.resolve("application.properties"), filledIn(text), UTF_8);
    assertTaken(CommandLineStart.context(folder), where);
  }

  /**
   * As in a host on Camel alone, with its names for the address and their default of the port;
   * Spring Boot and Quarkus themselves are tried in DropInIT.
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

  /** What the reader has to fill in: secrets, variables of the environment, and files of keys. */
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

  /** Steps that are shown without a route are those of one. */
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
    List<String> broken = new ArrayList<>();
    int links = 0;
    Map<Path, Set<String>> anchors = new HashMap<>();
    Markdown.all().forEach(file -> anchors.put(file.file().normalize(), file.anchors()));
    for (Markdown file : Markdown.all()) {
      for (String link : file.links()) {
        if (!link.matches("[a-z]+:.*")) {
          links++;
          String[] parts = link.split("#", 2);
          Path target =
              parts[0].isEmpty()
                  ? file.file()
                  : Objects.requireNonNullElse(file.file().getParent(), Path.of(""))
                      .resolve(parts[0])
                      .normalize();
          boolean isThere = Files.exists(target);
          if (isThere && parts.length == 2 && anchors.containsKey(target)) {
            isThere = Objects.requireNonNull(anchors.get(target)).contains(parts[1]);
          }
          if (!isThere) {
            broken.add(file.file() + ": " + link);
          }
        }
      }
    }

    assertThat(broken).isEmpty();
    assertThat(links).isGreaterThan(50);
  }
}
