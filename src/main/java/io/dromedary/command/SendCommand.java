package io.dromedary.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonFields;
import io.dromedary.json.JsonObject;
import io.dromedary.json.JsonReader;
import io.dromedary.json.JsonValue;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "send",
    description =
        "Send an event to the application through the tracking API: the JSON in a file, or an event"
            + " made from the options.")
final class SendCommand extends ProcessCommand {

  private static final int MOST = 1000;
  private static final Duration LOOK = Duration.ofMillis(200);

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "An event as JSON; - for the standard input.")
  @Nullable String file;

  @Option(names = "--type", paramLabel = "TYPE", description = "The type; by default track.")
  @Nullable String type;

  @Option(names = "--event", paramLabel = "NAME", description = "The name of a track event.")
  @Nullable String event;

  @Option(names = "--user", paramLabel = "ID", description = "The userId.")
  @Nullable String user;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      converter = WaitingTime.class,
      description =
          "Wait up to this time, such as 30s, until the event is delivered. Exits with 6 if it is"
              + " not delivered by then, and with 7 if it is a dead letter.")
  @Nullable Duration wait;

  @Override
  int run(DromedaryCommand dromedary, RunningProcess process) throws Exception {
    JsonObject sent = event(dromedary);
    JsonValue given = sent.get("messageId");
    String id = given == null ? "cli-" + UUID.randomUUID() : Values.text(given);
    sent.put("messageId", JsonValue.ofString(id));
    List<String> before = wait == null ? List.of() : dead(process, id);
    process.send(sent.toBytes());
    String state = wait == null ? "accepted" : await(process, id, before, wait);
    if (dromedary.isJson) {
      dromedary.print(
          JsonFields.write(
              json -> {
                json.writeNumberField("version", 1);
                json.writeStringField("messageId", id);
                json.writeStringField("state", state);
              }));
    } else {
      dromedary.print(id + " " + state);
    }
    return switch (state) {
      case "pending" -> ExitCode.NOT_IN_TIME;
      case "dead-letter" -> ExitCode.DEAD;
      default -> ExitCode.OK;
    };
  }

  private JsonObject event(DromedaryCommand dromedary) throws FailedException, IOException {
    JsonObject found;
    if (file == null) {
      found = object("{}".getBytes(UTF_8));
      put(found, "type", type == null ? "track" : type);
      put(found, "event", event == null && type == null ? "Test" : event);
      put(found, "userId", user == null ? "dromedary-cli" : user);
      return found;
    }
    found = object(InputFile.read(dromedary.environment(), file));
    put(found, "type", type);
    put(found, "event", event);
    put(found, "userId", user);
    return found;
  }

  private static void put(JsonObject event, String name, @Nullable String value) {
    if (value != null) {
      event.put(name, JsonValue.ofString(value));
    }
  }

  private static JsonObject object(byte[] text) throws FailedException {
    try {
      return new JsonReader(text).readObject();
    } catch (InvalidJsonException e) {
      throw new FailedException(
          ExitCode.USAGE, "found no JSON object, expected an event: " + e.getMessage());
    }
  }

  /** The ids of dead letters with the event's id, which it may have from an earlier send. */
  private static List<String> dead(RunningProcess process, String id)
      throws FailedException, InterruptedException {
    List<String> numbers = new ArrayList<>();
    DeadLettersCommand.LIST.each(
        process,
        Map.of("messageId", id),
        MOST,
        letter -> numbers.add(Answer.of(letter).field("id")));
    return numbers;
  }

  /**
   * Waits until an event is done.
   *
   * @param before the ids of the event's dead letters from before
   * @return {@code delivered}, {@code dead-letter}, or {@code pending} after the time
   */
  private static String await(
      RunningProcess process, String id, List<String> before, Duration atMost)
      throws FailedException, InterruptedException {
    long end = System.nanoTime() + atMost.toNanos();
    while (true) {
      List<String> pending = new ArrayList<>();
      // The order matters: an event that is no longer pending is a dead letter or done by then.
      PendingCommand.LIST.each(process, Map.of("messageId", id), 1, pending::add);
      if (!before.containsAll(dead(process, id))) {
        return "dead-letter";
      }
      if (pending.isEmpty()) {
        return "delivered";
      }
      if (System.nanoTime() - end >= 0) {
        return "pending";
      }
      Thread.sleep(LOOK.toMillis());
    }
  }
}
