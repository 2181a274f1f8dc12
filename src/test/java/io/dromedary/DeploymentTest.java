package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.settings.Settings;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Checks the files for deployment: keys and secrets that they name exist, and images have no more
 * rights than intended. Uses neither a cluster nor Docker.
 */
class DeploymentTest {

  private static final Path DEPLOY = Path.of("deploy");

  @TempDir private Path folder;

  private static List<Map<String, Object>> documents(Path file) throws IOException {
    List<Map<String, Object>> documents = new ArrayList<>();
    for (Object each :
        new Load(LoadSettings.builder().build()).loadAllFromString(Files.readString(file))) {
      documents.add(map(each));
    }
    return documents;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> map(Object yaml) {
    return (Map<String, Object>) yaml;
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> list(Object yaml) {
    return (List<Map<String, Object>>) yaml;
  }

  @SuppressWarnings("unchecked")
  private static List<String> names(Object yaml) {
    return (List<String>) yaml;
  }

  /** The value at a path of keys in a document. */
  private static Object at(Object yaml, String path) {
    Object found = yaml;
    for (String key : path.split("/", -1)) {
      found = map(found).get(key);
      assertThat(found).as(path).isNotNull();
    }
    return found;
  }

  private static Map<String, Object> ofKind(List<Map<String, Object>> documents, String kinds) {
    return documents.stream()
        .filter(each -> String.valueOf(each.get("kind")).matches(kinds))
        .findFirst()
        .orElseThrow();
  }

  /** Reads settings as the process would, with the files of secrets in a folder of the test. */
  private Settings settings(String properties, Map<String, String> environment, String host)
      throws Exception {
    Properties file = new Properties();
    file.load(new StringReader(properties));
    file.setProperty("dromedary.application", "true");
    file.setProperty("camel.server.host", host);
    file.replaceAll((key, value) -> secretFile(key.toString(), value.toString()));
    Map<String, String> variables = new HashMap<>(environment);
    variables.replaceAll(this::secretFile);
    CamelContext context = new DefaultCamelContext();
    try {
      context.getPropertiesComponent().setInitialProperties(file);
      context.build();
      return Settings.read(context, variables);
    } finally {
      context.stop();
    }
  }

  private String secretFile(String key, String value) {
    return key.endsWith(".file") || key.endsWith("_FILE")
        ? folder.resolve(Path.of(value).getFileName()).toString()
        : value;
  }

  private void secrets(String... names) throws IOException {
    for (String name : names) {
      Files.writeString(folder.resolve(name), "s3cret-of-" + name + "\n");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "postgresql"})
  void kubernetesRunsItWithSettingsThatItKnows(String store) throws Exception {
    List<Map<String, Object>> documents =
        documents(DEPLOY.resolve("kubernetes/" + store + ".yaml"));
    secrets("signing", "write-keys", "management");

    Object file = map(at(ofKind(documents, "ConfigMap"), "data")).get("application.properties");
    Settings settings =
        settings(String.valueOf(file), Map.of("WEBHOOKS_OUTBOX_PASSWORD", "p"), "0.0.0.0");

    assertThat(settings.management().secrets()).containsExactly("s3cret-of-management");
    assertThat(settings.destinations().get("default").secrets())
        .containsExactly("s3cret-of-signing");
    assertThat(settings.outbox().shown()).contains(store);
  }

  @ParameterizedTest
  @ValueSource(strings = {"sqlite", "postgresql"})
  void aPodHasNoMoreRightsThanItNeedsAndProbesWithoutAPassword(String store) throws Exception {
    List<Map<String, Object>> documents =
        documents(DEPLOY.resolve("kubernetes/" + store + ".yaml"));
    Map<String, Object> workload = ofKind(documents, "StatefulSet|Deployment");
    Object pod = at(workload, "spec/template/spec");
    Map<String, Object> container = list(at(pod, "containers")).get(0);

    assertThat(at(pod, "securityContext/runAsNonRoot")).isEqualTo(true);
    assertThat(at(pod, "automountServiceAccountToken")).isEqualTo(false);
    assertThat((Integer) at(pod, "terminationGracePeriodSeconds")).isGreaterThan(30);
    assertThat(at(container, "securityContext/readOnlyRootFilesystem")).isEqualTo(true);
    assertThat(at(container, "securityContext/allowPrivilegeEscalation")).isEqualTo(false);
    assertThat(at(container, "securityContext/capabilities/drop")).isEqualTo(List.of("ALL"));
    assertThat(at(container, "resources/limits/memory")).isEqualTo("512Mi");
    for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
      assertThat(map(container.get(probe))).as(probe).doesNotContainKey("httpGet");
    }
    // A probe that starts a JVM makes the kernel kill the server, whose heap is full by then.
    assertThat(at(container, "readinessProbe/exec/command")).isEqualTo(List.of("dromedary-health"));
    // One of several pods accepts requests until the cluster sends it none.
    if (workload.get("kind").equals("Deployment")) {
      assertThat(at(container, "lifecycle/preStop/exec/command")).isEqualTo(List.of("sleep", "5"));
    }
    assertThat(at(workload, "spec/selector/matchLabels"))
        .isEqualTo(at(workload, "spec/template/metadata/labels"));
    // Each mount has a volume, and the other way round.
    Stream<Object> claims =
        workload.get("kind").equals("StatefulSet")
            ? list(at(workload, "spec/volumeClaimTemplates")).stream()
                .map(claim -> at(claim, "metadata/name"))
            : Stream.of();
    assertThat(
            new TreeSet<>(
                list(container.get("volumeMounts")).stream().map(m -> m.get("name")).toList()))
        .isEqualTo(
            new TreeSet<>(
                Stream.concat(
                        claims, list(at(pod, "volumes")).stream().map(volume -> volume.get("name")))
                    .toList()));
  }

  @Test
  void composeRunsItWithSettingsThatItKnows() throws Exception {
    Map<String, Object> compose = documents(DEPLOY.resolve("compose.yaml")).get(0);
    Object service = at(compose, "services/dromedary");
    secrets("signing", "write-keys", "management");
    Map<String, String> environment = new HashMap<>();
    map(at(service, "environment")).forEach((key, value) -> environment.put(key, value.toString()));
    assertThat(environment.put("WEBHOOKS_URLS", "https://hooks.example.com/events"))
        .startsWith("${WEBHOOKS_URLS:?");

    // The settings of the archive, which contain a secret.
    Settings settings =
        settings(Files.readString(Path.of("application.properties")), environment, "0.0.0.0");

    assertThat(settings.destinations().get("default").secrets())
        .containsExactly("s3cret-of-signing");
    assertThat(settings.management().secrets()).containsExactly("s3cret-of-management");
    assertThat(map(at(compose, "secrets")).keySet())
        .containsExactlyElementsOf(names(at(service, "secrets")));
    // They are neither committed nor packed into the archive, which the image has.
    assertThat(map(at(compose, "secrets/signing"))).containsEntry("file", "./secrets/signing");
    assertThat(Files.readString(Path.of(".gitignore"))).contains("\n/deploy/secrets/\n");
    assertThat(Files.readString(Path.of("src/assembly/archive.xml")))
        .contains("<exclude>secrets/**</exclude>");
    // A container that ends with on-failure is not started again when the machine is.
    assertThat(at(service, "restart")).isEqualTo("unless-stopped");
    assertThat(at(service, "read_only")).isEqualTo(true);
    assertThat(at(service, "cap_drop")).isEqualTo(List.of("ALL"));
  }

  @Test
  void systemdRunsItWithSettingsThatItKnows() throws Exception {
    String unit = Files.readString(DEPLOY.resolve("dromedary.service"));
    secrets("signing");
    Map<String, String> environment = new HashMap<>();
    Matcher variables = Pattern.compile("(?m)^Environment=(WEBHOOKS_\\w+)=(.*)$").matcher(unit);
    while (variables.find()) {
      environment.put(variables.group(1), variables.group(2));
    }

    Settings settings =
        settings(Files.readString(Path.of("application.properties")), environment, "127.0.0.1");

    assertThat(environment).containsOnlyKeys("WEBHOOKS_SIGNING_SECRET_FILE");
    assertThat(settings.destinations().get("default").secrets())
        .containsExactly("s3cret-of-signing");
    assertThat(unit).contains("\nSuccessExitStatus=143\n", "\nRestart=on-failure\n");
  }

  /** The image has the archive, runs as an unprivileged user, and checks its health. */
  @Test
  void theImageIsThatOfTheArchive() throws Exception {
    String image = Files.readString(Path.of("Dockerfile"));

    assertThat(image)
        .contains(
            "\nCOPY target/dromedary-*.tar.gz ",
            "\nUSER 65532:65532\n",
            "\nWORKDIR /var/lib/dromedary\n",
            "CMD [\"dromedary-health\"]\n");
    // The JDK of the base image is in /opt/java/openjdk, and jlink needs a folder that does not
    // exist.
    assertThat(image)
        .contains(" --output /opt/jre\n", "\nCOPY --from=build /opt/jre /opt/jre\n")
        .doesNotContain("JAVA_HOME=/opt/java");
    // A first run that fails ends the build.
    assertThat(image).contains("timeout 120 /opt/dromedary/bin/dromedary", "kill -0 $!");
    assertThat(Files.readString(Path.of(".dockerignore")))
        .isEqualTo("*\n!target/dromedary-*.tar.gz\n");
  }
}
