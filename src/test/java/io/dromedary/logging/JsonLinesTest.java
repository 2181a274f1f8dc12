package io.dromedary.logging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

class JsonLinesTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static LoggingEvent event(String message, Throwable thrown, Object... arguments) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    LoggingEvent event =
        new LoggingEvent(
            JsonLinesTest.class.getName(),
            context.getLogger("io.dromedary.Some"),
            Level.WARN,
            message,
            thrown,
            arguments);
    event.setThreadName("main");
    event.setInstant(Instant.parse("2026-01-02T03:04:05.678901Z"));
    return event;
  }

  private static String line(LoggingEvent event) {
    String line = new String(new JsonLines().encode(event), UTF_8);
    assertThat(line).endsWith("}\n");
    assertThat(line.strip()).doesNotContain("\n");
    return line;
  }

  @Test
  void writesAnObjectByTheNamesOfEcs() throws IOException {
    LoggingEvent event = event("{} fails: {}", null, "crm/1", "a \"b\"\nc");
    event.addKeyValuePair(new KeyValuePair("event", "webhook.fails"));
    event.addKeyValuePair(new KeyValuePair("destination", "crm"));
    event.addKeyValuePair(new KeyValuePair("webhook", 1));
    event.addKeyValuePair(new KeyValuePair("messageId", "m-1"));
    event.addKeyValuePair(new KeyValuePair("duration", Duration.ofSeconds(2)));
    event.addKeyValuePair(new KeyValuePair("trace_id", "0af7"));
    event.addKeyValuePair(new KeyValuePair("status", null));
    event.setMDCPropertyMap(
        Map.of("messageId", "another", "span_id", "b7ad", "camel.routeId", "mine"));

    assertThat(JSON.readTree(line(event)))
        .isEqualTo(
            JSON.readTree(
                """
                {"@timestamp":"2026-01-02T03:04:05.678901Z","log.level":"WARN",
                 "message":"crm/1 fails: a \\"b\\"\\nc","ecs.version":"8.11.0",
                 "service.name":"dromedary","log.logger":"io.dromedary.Some",
                 "process.thread.name":"main","event.action":"webhook.fails",
                 "dromedary.destination":"crm","dromedary.webhook":1,"dromedary.messageId":"m-1",
                 "dromedary.duration":2000,"trace.id":"0af7","span.id":"b7ad",
                 "labels.camel.routeId":"mine"}
                """));
  }

  @Test
  void writesWhatWasThrown() throws IOException {
    ObjectNode line =
        (ObjectNode)
            JSON.readTree(line(event("no", new IOException("gone", new Exception("why")))));

    assertThat(line.path("error.type").asText()).isEqualTo("java.io.IOException");
    assertThat(line.path("error.message").asText()).isEqualTo("gone");
    assertThat(line.path("error.stack_trace").asText())
        .startsWith("java.io.IOException: gone\n")
        .contains("Caused by: java.lang.Exception: why");
  }
}
