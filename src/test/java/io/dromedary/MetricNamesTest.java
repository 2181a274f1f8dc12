package io.dromedary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dromedary.testing.Http;
import io.dromedary.testing.Receiver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Compares the documented metrics with a scrape of the running application. A rule or a panel for a
 * metric that no longer exists would stay silent.
 */
class MetricNamesTest {

  private static final Path ALERTS = Path.of("docs/alerts.yaml");
  private static final Path DASHBOARD = Path.of("docs/grafana/dromedary.json");

  /** The labels that Prometheus adds, including the one for buckets. */
  private static final Set<String> ADDED_LABELS = Set.of("job", "instance", "le");

  private static final Pattern SAMPLE = Pattern.compile("([a-z_]+)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");
  private static final Pattern OURS =
      Pattern.compile("\\b(?:dromedary|jvm|process|system)_[a-z_]+\\b");
  private static final Pattern SELECTED = Pattern.compile("([a-z_]+)\\{([^}]*)}");
  private static final Pattern MATCHER = Pattern.compile("([a-z_]+)\\s*(?:=~|!~|!=|=)\\s*\"");
  private static final Pattern GROUPED = Pattern.compile("(?:by|without)\\s*\\(([^)]*)\\)");
  private static final Pattern ROW = Pattern.compile("\\| `(dromedary_[a-z_]+)` \\|([^|]*)\\|.*");
  private static final Pattern QUOTED = Pattern.compile("`([a-z]+)`");

  @TempDir static Path folder;

  /** The labels of each sample of a scrape, by its name. */
  private static final Map<String, Set<String>> SCRAPED = new TreeMap<>();

  @BeforeAll
  static void scrape() throws Exception {
    try (Receiver receiver = Receiver.start();
        Application application =
            Application.start(
                folder,
                Map.of(
                    "webhooks.alert",
                    receiver.url(),
                    "webhooks.urls",
                    receiver.url() + ",https://127.0.0.1:" + Application.freePort() + "/"))) {
      assertThat(
              Http.post(application.url("/v1/track"), "{\"userId\":\"u\",\"event\":\"E\"}")
                  .status())
          .isEqualTo(200);
      // The metrics of the garbage collector exist after its first run.
      System.gc();
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () -> {
                read(Http.send("GET", application.url("/observe/metrics")).body());
                assertThat(SCRAPED).containsKey("jvm_gc_pause_seconds_sum");
              });
    }
  }

  @AfterAll
  static void forget() {
    SCRAPED.clear();
  }

  private static void read(String page) {
    page.lines()
        .map(SAMPLE::matcher)
        .filter(Matcher::matches)
        .forEach(
            sample -> {
              Set<String> labels = new TreeSet<>();
              if (sample.group(2) != null) {
                LABEL.matcher(sample.group(2)).results().forEach(one -> labels.add(one.group(1)));
              }
              SCRAPED.computeIfAbsent(sample.group(1), name -> new TreeSet<>()).addAll(labels);
            });
  }

  private static Set<String> found(Pattern pattern, String text) {
    return pattern
        .matcher(text)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Checks that every metric and every label of an expression is in the scrape. */
  private static void check(String expression) {
    assertThat(found(OURS, expression)).as(expression).isNotEmpty().isSubsetOf(SCRAPED.keySet());
    SELECTED
        .matcher(expression)
        .results()
        .forEach(
            selected -> {
              Set<String> labels = SCRAPED.get(selected.group(1));
              assertThat(labels).as("%s in %s", selected.group(1), expression).isNotNull();
              for (MatchResult each : MATCHER.matcher(selected.group(2)).results().toList()) {
                assertThat(each.group(1))
                    .as(expression)
                    .matches(label -> labels.contains(label) || ADDED_LABELS.contains(label));
              }
            });
    Set<String> all =
        found(OURS, expression).stream()
            .flatMap(name -> SCRAPED.get(name).stream())
            .collect(Collectors.toCollection(TreeSet::new));
    all.addAll(ADDED_LABELS);
    GROUPED
        .matcher(expression)
        .results()
        .forEach(
            grouped ->
                assertThat(all)
                    .as(expression)
                    .containsAll(List.of(grouped.group(1).strip().split(",\\s*", -1))));
  }

  @Test
  void whatTheDashboardShowsIsScraped() throws IOException {
    JsonNode dashboard = new ObjectMapper().readTree(DASHBOARD.toFile());
    List<String> expressions = new ArrayList<>();
    for (String field : List.of("expr", "definition")) {
      dashboard.findValues(field).forEach(value -> expressions.add(value.asText()));
    }
    for (JsonNode panel : dashboard.get("panels")) {
      if (!panel.get("type").asText().equals("row")) {
        assertThat(panel.findValues("expr")).as(panel.get("title").asText()).isNotEmpty();
      }
    }
    assertThat(expressions).hasSizeGreaterThan(30).allSatisfy(MetricNamesTest::check);
    // Every metric has a panel, or it need not be measured.
    Set<String> shown = new TreeSet<>();
    expressions.forEach(
        expression -> found(OURS, expression).forEach(name -> shown.add(base(name))));
    assertThat(shown).containsAll(ourBases());
  }

  @Test
  void whatAlertsAreMadeOfIsScraped() throws IOException {
    String text = Files.readString(ALERTS);
    List<String> alerts = List.of(text.split("- alert: ", -1));
    assertThat(alerts.subList(1, alerts.size()))
        .hasSize(12)
        .allSatisfy(
            alert -> check(alert.substring(alert.indexOf("expr:"), alert.indexOf("labels:"))));
    // The descriptions name metrics, too.
    assertThat(found(OURS, text)).isSubsetOf(SCRAPED.keySet());
  }

  /** The name of a metric that a sample belongs to. */
  private static String base(String sample) {
    String base = sample.replaceAll("_(bucket|count|sum|max)$", "");
    return SCRAPED.containsKey(base + "_bucket") ? base : sample;
  }

  private static Set<String> ourBases() {
    return SCRAPED.keySet().stream()
        .filter(name -> name.startsWith("dromedary_"))
        .map(MetricNamesTest::base)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void allMetricsAreDocumentedWithTheirLabels() throws IOException {
    Map<String, Set<String>> told = new TreeMap<>();
    for (String line : Files.readAllLines(Path.of("docs/observing.md"))) {
      var row = ROW.matcher(line);
      if (row.matches()) {
        told.put(
            row.group(1),
            QUOTED
                .matcher(row.group(2))
                .results()
                .map(label -> label.group(1))
                .collect(Collectors.toCollection(TreeSet::new)));
      }
    }
    Map<String, Set<String>> scraped = new TreeMap<>();
    for (String name : ourBases()) {
      String sample = SCRAPED.containsKey(name) ? name : name + "_count";
      scraped.put(name, SCRAPED.get(sample));
    }
    assertThat(told).isEqualTo(scraped);
  }
}
