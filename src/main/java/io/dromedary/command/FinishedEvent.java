package io.dromedary.command;

import io.dromedary.json.JsonFields;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Looks up and prints an event that is neither pending nor a dead letter. */
final class FinishedEvent {

  private FinishedEvent() {}

  /** Returns what the application knows about the event, or null if it knows nothing. */
  static @Nullable Answer find(RunningProcess process, String id)
      throws FailedException, InterruptedException {
    Answer story = process.call("GET", "/api/events", Map.of("messageId", id));
    return story.string("state").equals("unknown") ? null : story;
  }

  /** Prints the event. */
  static void tell(DromedaryCommand dromedary, Answer story) {
    String state = story.string("state");
    if (dromedary.isJson) {
      dromedary.print(
          JsonFields.write(
              json -> {
                json.writeNumberField("version", 1);
                json.writeStringField("state", state);
                json.writeFieldName("story");
                json.writeRawValue(story.text());
              }));
      return;
    }
    for (String each : story.elements("destinations")) {
      Answer part = Answer.of(each);
      dromedary.print(
          "%-12s destination %s".formatted(part.string("state"), part.string("destination")));
      line(dromedary, "accepted", part.string("acceptedAt"));
      line(dromedary, "because", part.string("message"));
      for (String attempt : part.elements("attempts")) {
        line(dromedary, "attempt", AttemptLine.of(Answer.of(attempt)));
      }
    }
  }

  private static void line(DromedaryCommand dromedary, String name, String value) {
    if (!value.isEmpty()) {
      dromedary.print("  %-10s %s".formatted(name, value));
    }
  }
}
