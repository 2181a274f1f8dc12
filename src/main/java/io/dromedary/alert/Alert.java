package io.dromedary.alert;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.store.OutboxEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * An alert for an operator. It contains no payload, no secret and no path of a URL.
 *
 * @param subject the subject of the alert, such as {@code crm/1} for a webhook
 * @param data further fields by name: texts, numbers, booleans and instants
 */
record Alert(AlertKind kind, String subject, Instant time, Map<String, Object> data) {

  private static final String TYPE = "dromedary.";

  /**
   * Converts the alert to a CloudEvent 1.0 in JSON. With its attribute {@code timestamp} it is also
   * a message of Standard Webhooks.
   *
   * @param source the node that raises the alert
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

  /** Logs the alert, at debug level if the code that noticed the problem has logged it already. */
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
