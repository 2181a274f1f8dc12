package io.dromedary.logging;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.event.KeyValuePair;

/**
 * Writes each log event as a JSON object on a line of its own, with the field names of the Elastic
 * Common Schema (ECS). Fields without a name in ECS are called {@code dromedary.NAME}. Thread-safe.
 */
public final class JsonLines extends EncoderBase<ILoggingEvent> {

  private static final byte[] NOTHING = new byte[0];

  /** The ECS names of fields that have another name in the code. */
  private static final Map<String, String> NAMES =
      Map.of(
          "event", "event.action",
          "trace_id", "trace.id",
          "span_id", "span.id");

  /** The MDC keys that {@link EventContext} sets. */
  private static final List<String> OURS = List.of("messageId", "destination");

  @Override
  public byte[] headerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] footerBytes() {
    return NOTHING;
  }

  @Override
  public byte[] encode(ILoggingEvent event) {
    return (JsonFields.write(json -> write(json, event)) + "\n").getBytes(UTF_8);
  }

  private static void write(JsonGenerator json, ILoggingEvent event) throws IOException {
    json.writeStringField("@timestamp", event.getInstant().toString());
    json.writeStringField("log.level", event.getLevel().toString());
    json.writeStringField("message", event.getFormattedMessage());
    json.writeStringField("ecs.version", "8.11.0");
    json.writeStringField("service.name", "dromedary");
    json.writeStringField("log.logger", event.getLoggerName());
    json.writeStringField("process.thread.name", event.getThreadName());
    for (Map.Entry<String, Object> each : fields(event).entrySet()) {
      write(json, each.getKey(), each.getValue());
    }
    IThrowableProxy thrown = event.getThrowableProxy();
    if (thrown != null) {
      json.writeStringField("error.type", thrown.getClassName());
      if (thrown.getMessage() != null) {
        json.writeStringField("error.message", thrown.getMessage());
      }
      json.writeStringField("error.stack_trace", ThrowableProxyUtil.asString(thrown));
    }
  }

  /** The fields of a log event by name. Its own key-value pairs override the MDC. */
  private static Map<String, Object> fields(ILoggingEvent event) {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (event.getKeyValuePairs() != null) {
      for (KeyValuePair pair : event.getKeyValuePairs()) {
        if (pair.value != null) {
          fields.putIfAbsent(NAMES.getOrDefault(pair.key, "dromedary." + pair.key), pair.value);
        }
      }
    }
    event
        .getMDCPropertyMap()
        .forEach(
            (key, value) -> {
              boolean isOurs = OURS.contains(key);
              String name = isOurs ? "dromedary." + key : NAMES.getOrDefault(key, "labels." + key);
              fields.putIfAbsent(name, value);
            });
    return fields;
  }

  private static void write(JsonGenerator json, String name, Object value) throws IOException {
    json.writeFieldName(name);
    if (value instanceof Integer || value instanceof Long) {
      json.writeNumber(((Number) value).longValue());
    } else if (value instanceof Duration duration) {
      json.writeNumber(duration.toMillis());
    } else {
      json.writeString(value.toString());
    }
  }
}
