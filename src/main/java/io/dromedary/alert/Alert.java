package io.dromedary.alert;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.OutboxEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Something that an operator is told. It holds no payload, no secret and no path of a URL.
 *
 * @param subject what it is about, such as {@code crm/1}
 * @param data by name: texts, numbers, booleans, and instants as texts
 */
record Alert(AlertKind kind, String subject, Instant time, Map<String, Object> data) {

  private static final String TYPE = "dromedary.";

  /**
   * A CloudEvent 1.0, in JSON. By its attribute {@code timestamp} the same bytes are a message of
   * Standard Webhooks, too.
   *
   * @param source which node tells it
   */
  OutboxEvent toEvent(String source) {
    String id = UUID.randomUUID().toString();
    String type = TYPE + kind.label();
    String json =
        JsonFields.write(
            fields -> {
              fields.writeStringField("specversion", "1.0");
              fields.writeStringField("id", id);
              fields.writeStringField("source", source);
              fields.writeStringField("type", type);
              fields.writeStringField("subject", subject);
              fields.writeStringField("time", time.toString());
              fields.writeStringField("timestamp", time.toString());
              fields.writeStringField("datacontenttype", "application/json");
              fields.writeObjectFieldStart("data");
              for (Map.Entry<String, Object> each : data.entrySet()) {
                write(fields, each.getKey(), each.getValue());
              }
              fields.writeEndObject();
            });
    return new OutboxEvent(id, type, time, json.getBytes(UTF_8));
  }

  /** Writes a line; what has one where it is noticed has it at a level that is not shown. */
  void log(Logger logger) {
    LoggingEventBuilder line =
        switch (kind) {
          case DELIVERY_LATE, CERTIFICATE_EXPIRING -> logger.atWarn();
          case REPLAY_FINISHED -> logger.atInfo();
          default -> logger.atDebug();
        };
    line.addKeyValue("event", kind.label())
        .addKeyValue("subject", subject)
        .log("{} {}: {}", subject, kind.label(), data);
  }

  private static void write(JsonGenerator fields, String name, Object value) throws IOException {
    fields.writeFieldName(name);
    if (value instanceof Boolean flag) {
      fields.writeBoolean(flag);
    } else if (value instanceof Double number) {
      fields.writeNumber(number);
    } else if (value instanceof Number number) {
      fields.writeNumber(number.longValue());
    } else {
      fields.writeString(value.toString());
    }
  }
}
