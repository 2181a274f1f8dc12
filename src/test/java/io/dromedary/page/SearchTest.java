package io.dromedary.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dromedary.destination.RequestPreview;
import io.dromedary.history.AttemptFilter;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SearchTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

  private static AttemptFilter attempts(@Nullable String text) {
    return Search.of(text, NOW).attempts();
  }

  @Test
  void qualifiersAndABareWord() {
    assertThat(attempts(null)).isEqualTo(AttemptFilter.ALL);
    assertThat(attempts("  m-1 ")).isEqualTo(AttemptFilter.ofEvent("m-1"));
    assertThat(attempts("id:urn:uuid:7")).isEqualTo(AttemptFilter.ofEvent("urn:uuid:7"));
    assertThat(attempts("\"urn:uuid:7\"")).isEqualTo(AttemptFilter.ofEvent("urn:uuid:7"));
    assertThat(
            attempts(
                "id:m type:track user:\"a b\" webhook:crm/2 status:5xx class:timeout"
                    + " outcome:temporary after:10m before:2026-01-02T03:00:00Z"))
        .isEqualTo(
            new AttemptFilter(
                "crm",
                "2",
                "track",
                "m",
                "a b",
                "5xx",
                "timeout",
                "temporary",
                NOW.minus(Duration.ofMinutes(10)),
                Instant.parse("2026-01-02T03:00:00Z")));
    assertThat(attempts("webhook:https://a.example").webhook()).isEqualTo("https://a.example");
  }

  @Test
  void aReasonMeansDeadLetters() {
    Search search = Search.of("reason:rejected status:401 user:u1", NOW);

    assertThat(search.isOfDeadLetters()).isTrue();
    assertThat(search.deadLetters())
        .containsEntry("reason", "rejected")
        .containsEntry("status", "401")
        .containsEntry("userId", "u1")
        .containsEntry("since", null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "type:a type:b | found type: twice, expected it once",
        "a b | found id: twice, expected it once",
        "user:\"a | found a quote without its other one, expected two, as in user:\"a b\"",
        "urn:7 | found \"urn:\", expected an id, or qualifiers: type:, id:, user:, destination:,"
            + " webhook:, status:, class:, outcome:, reason:, after: and before:",
        "status:6 | status: found \"6\", expected one such as 503, 5xx, or none",
        "after:soon | after: found \"soon\", expected how long ago, such as 10m, or an instant such"
            + " as 2026-01-02T03:04:05Z",
        "reason:x | reason: found \"x\", expected one of invalid, transform, rejected, expired,"
            + " cancelled"
      })
  void whatIsWrongIsSaid(String text, String message) {
    assertThatThrownBy(() -> Search.of(text, NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void aCommandForAShellTakesTextAsItIs() {
    assertThat(
            Curl.command(
                new RequestPreview(
                    List.of("http://h"), Map.of("X-Signature", "a'; rm -rf /"), false),
                "{\"a\":\"$(id)'`\"}"))
        .isEqualTo(
            "curl \"$WEBHOOK_URL\" \\\n  -H 'X-Signature: a'\\''; rm -rf /' \\\n"
                + "  --data-raw '{\"a\":\"$(id)'\\''`\"}'");
  }
}
