package io.dromedary.command;

import io.dromedary.json.JsonFields;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "explain",
    description = {
      "Show the state of an event: pending, and what it waits for; a dead letter, and why;"
          + " delivered or deleted, with the recorded attempts; or unknown.",
      "With --from-now or --at, show when an event that no webhook accepts would be tried again,"
          + " according to the settings of this folder. The application need not run."
    })
final class ExplainCommand extends Subcommand {

  private static final int MOST = 100;

  @ArgGroup(multiplicity = "1")
  private Asked asked = new Asked();

  /** Exactly one of these is given. */
  static final class Asked {

    @Parameters(paramLabel = "ID", description = "The messageId of the event.")
    @Nullable String id;

    @Option(
        names = "--from-now",
        description = "Show the attempts for an event that is accepted now, during an outage.")
    boolean isFromNow;

    @Option(
        names = "--at",
        paramLabel = "INSTANT",
        description =
            "Show the attempts for an event that is accepted at this instant, such as"
                + " 2026-01-02T03:04:05Z.")
    @Nullable String at;
  }

  @Option(
      names = "--destination",
      paramLabel = "NAME",
      description = "With --from-now or --at, the destination; by default all.")
  @Nullable String destination;

  @Override
  public Integer call() throws Exception {
    DromedaryCommand dromedary = dromedary();
    if (asked.id == null) {
      return new RetryPlan(dromedary, destination).tell(asked.at);
    }
    if (destination != null) {
      throw new FailedException(
          ExitCode.USAGE, "--destination: expected --from-now or --at with it, found an ID");
    }
    return run(dromedary, dromedary.process(), asked.id);
  }

  private static int run(DromedaryCommand dromedary, RunningProcess process, String id)
      throws FailedException, InterruptedException {
    Map<String, String> asked = Map.of("messageId", id);
    List<String> pending = new ArrayList<>();
    List<String> dead = new ArrayList<>();
    // The order matters: an event that is no longer pending is a dead letter or done by then.
    PendingCommand.LIST.each(process, asked, MOST, pending::add);
    DeadLettersCommand.LIST.each(process, asked, MOST, dead::add);
    for (String each : pending) {
      tell(dromedary, "pending", each);
    }
    for (String each : dead) {
      tell(dromedary, "dead-letter", each);
    }
    if (!pending.isEmpty() || !dead.isEmpty()) {
      return ExitCode.OK;
    }
    Answer past = FinishedEvent.find(process, id);
    if (past != null) {
      FinishedEvent.tell(dromedary, past);
      return ExitCode.OK;
    }
    if (dromedary.isJson) {
      dromedary.print(
          JsonFields.write(
              json -> {
                json.writeNumberField("version", 1);
                json.writeStringField("state", "unknown");
                json.writeStringField("messageId", id);
              }));
    }
    dromedary.remark(
        "Found no event "
            + id
            + " that waits and no dead letter of it: it was delivered, dropped or deleted, or has"
            + " never been accepted here.");
    return ExitCode.NOT_KNOWN;
  }

  private static void tell(DromedaryCommand dromedary, String state, String event) {
    if (dromedary.isJson) {
      dromedary.print(
          JsonFields.write(
              json -> {
                json.writeNumberField("version", 1);
                json.writeStringField("state", state);
                json.writeFieldName("event");
                json.writeRawValue(event);
              }));
      return;
    }
    Answer answer = Answer.of(event);
    boolean isPending = state.equals("pending");
    dromedary.print(
        (isPending ? "pending" : "dead letter")
            + "    number "
            + answer.field("id")
            + " of destination "
            + answer.string("destination")
            + ", type "
            + answer.string("type"));
    line(dromedary, "because", isPending ? answer.string("because") : reason(answer));
    line(dromedary, "accepted", answer.string("acceptedAt"));
    line(dromedary, "attempts", answer.field("attempts"));
    line(dromedary, "last", answer.string("lastAttemptAt"));
    line(dromedary, "next", answer.string("nextAttemptAt"));
    line(dromedary, "until", answer.string("expiresAt"));
    line(dromedary, "died", answer.string("deadAt"));
    for (String each : answer.elements("webhooks")) {
      Answer webhook = Answer.of(each);
      line(
          dromedary,
          "webhook",
          (webhook.string("webhook")
                  + " "
                  + webhook.string("state")
                  + " "
                  + webhook.string("error"))
              .strip());
    }
  }

  private static String reason(Answer letter) {
    return letter.string("reason") + ": " + letter.string("detail");
  }

  private static void line(DromedaryCommand dromedary, String name, String value) {
    if (!value.isEmpty()) {
      dromedary.print("  %-10s %s".formatted(name, value));
    }
  }
}
