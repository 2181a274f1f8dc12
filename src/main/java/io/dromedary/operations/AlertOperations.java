package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.alert.Alerts;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.AlertRow;
import io.dromedary.outbox.store.OutboxException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Lists the alerts, open ones and past ones. Thread-safe. */
final class AlertOperations {

  private final @Nullable Alerts alerts;

  /**
   * Makes the operations on alerts.
   *
   * @param alerts null if alerts are off
   */
  AlertOperations(@Nullable Alerts alerts) {
    this.alerts = alerts;
  }

  /** The answer as JSON, or null if there is no such operation. */
  @Nullable String answer(Operation asked) throws RefusedException, OutboxException {
    if (!asked.below().isEmpty()) {
      return null;
    }
    asked.require("GET");
    // Refuses any parameter.
    Parameters unused = new Parameters(asked.query(), List.of(), Set.of());
    Alerts told = alerts;
    if (told == null) {
      return JsonFields.write(
          json -> {
            json.writeArrayFieldStart("alerts");
            json.writeEndArray();
            json.writeStringField("message", "no alerts are sent: webhooks.alert is not set");
          });
    }
    Instant failingSince = told.storeFailingSince();
    List<AlertRow> rows;
    try {
      rows = told.rows();
    } catch (OutboxException e) {
      if (failingSince == null) {
        throw e;
      }
      // The alerts cannot be read, but the failure of the store is itself worth telling.
      return unreadable(e, failingSince);
    }
    return JsonFields.write(
        json -> {
          json.writeNumberField("open", rows.stream().filter(Alerts::isOpen).count());
          json.writeArrayFieldStart("alerts");
          for (AlertRow row : rows) {
            json.writeStartObject();
            write(json, row);
            json.writeEndObject();
          }
          json.writeEndArray();
          if (failingSince != null) {
            json.writeStringField("storeFailingSince", failingSince.toString());
          }
        });
  }

  private static String unreadable(OutboxException why, Instant failingSince) {
    return JsonFields.write(
        json -> {
          json.writeArrayFieldStart("alerts");
          json.writeEndArray();
          json.writeStringField("message", "the store cannot be read: " + why.getMessage());
          json.writeStringField("storeFailingSince", failingSince.toString());
        });
  }

  private static void write(JsonGenerator json, AlertRow row) throws IOException {
    json.writeStringField("about", row.kind());
    json.writeStringField("subject", row.subject());
    json.writeBooleanField("open", Alerts.isOpen(row));
    json.writeStringField("state", row.state());
    json.writeStringField("since", row.since().toString());
    if (row.toldAt() != null) {
      json.writeStringField("toldAt", row.toldAt().toString());
    }
    if (row.count() > 0) {
      json.writeNumberField("untold", row.count());
    }
    if (row.told() != null) {
      json.writeFieldName("alert");
      json.writeRawValue(row.told());
    }
  }
}
