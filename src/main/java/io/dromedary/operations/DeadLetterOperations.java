package io.dromedary.operations;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dromedary.json.JsonFields;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetterGroup;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.deadletter.Replays;
import io.dromedary.outbox.store.OutboxException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Lists, counts, replays and deletes dead letters. Thread-safe. */
final class DeadLetterOperations {

  private static final int LISTED = 100;
  private static final int RATE = 100;
  private static final int MOST_RATE = 100_000;
  private static final int MOST_REPLAYED = 999_999_999;

  private final CamelContext context;
  private final DeadLetters letters;
  private final Replays replays;
  private final Pages pages;
  private final Mask mask;

  DeadLetterOperations(CamelContext context, Outbox outbox, Pages pages, Mask mask) {
    this.context = context;
    this.letters = outbox.deadLetters();
    this.replays = outbox.replays();
    this.pages = pages;
    this.mask = mask;
  }

  /** The answer as JSON, or null if there is no such operation. */
  @Nullable String answer(Operation asked) throws RefusedException, OutboxException {
    switch (asked.below()) {
      case "" -> {
        if (asked.method().equals("DELETE")) {
          return delete(
              new Parameters(asked.query(), Parameters.DEAD_LETTERS, Set.of("all")), asked);
        }
        asked.require("GET", "GET or DELETE");
        return list(
            new Parameters(asked.query(), Parameters.DEAD_LETTERS, Set.of("limit", "before")));
      }
      case "/count" -> {
        asked.require("GET");
        Parameters parameters = new Parameters(asked.query(), Parameters.DEAD_LETTERS, Set.of());
        Map<Reason, Long> counts = letters.count(parameters.deadLetters());
        return JsonFields.write(json -> writeCounts(json, counts));
      }
      case "/groups" -> {
        asked.require("GET");
        Parameters parameters = new Parameters(asked.query(), Parameters.DEAD_LETTERS, Set.of());
        List<DeadLetterGroup> groups = letters.groups(parameters.deadLetters());
        return JsonFields.write(json -> writeGroups(json, groups));
      }
      case "/replay" -> {
        asked.require("POST");
        return replay(
            new Parameters(
                asked.query(), Parameters.DEAD_LETTERS, Set.of("all", "rate", "limit", "dryRun")),
            asked);
      }
      default -> {
        return null;
      }
    }
  }

  private String list(Parameters parameters) throws RefusedException, OutboxException {
    DeadLetterFilter filter = parameters.deadLetters();
    DeadLetters.Place before = parameters.before();
    int limit = parameters.number("limit", LISTED, DeadLetters.MOST_LISTED);
    return pages.<OutboxException>make(
        () -> {
          DeadLetters.Page read = letters.list(filter, before, limit);
          // Counting reads every dead letter, so only the first page has the counts.
          Map<Reason, Long> counts = before == null ? letters.count(filter) : null;
          return JsonFields.write(json -> writePage(json, read, counts));
        });
  }

  private void writePage(
      JsonGenerator json, DeadLetters.Page page, @Nullable Map<Reason, Long> counts)
      throws IOException {
    if (counts != null) {
      writeCounts(json, counts);
    }
    json.writeArrayFieldStart("deadLetters");
    for (DeadLetter letter : page.deadLetters()) {
      json.writeRawValue(mask.letter(letter).toJson());
    }
    json.writeEndArray();
    if (page.next() != null) {
      json.writeStringField("next", Parameters.text(page.next()));
    }
  }

  private static void writeCounts(JsonGenerator json, Map<Reason, Long> counts) throws IOException {
    json.writeNumberField("count", counts.values().stream().mapToLong(Long::longValue).sum());
    json.writeObjectFieldStart("byReason");
    for (Map.Entry<Reason, Long> each : counts.entrySet()) {
      json.writeNumberField(each.getKey().json(), each.getValue());
    }
    json.writeEndObject();
  }

  private String replay(Parameters parameters, Operation asked) throws OutboxException {
    parameters.requireFilter();
    DeadLetterFilter filter = parameters.deadLetters();
    int rate = parameters.number("rate", RATE, MOST_RATE);
    int limit = parameters.number("limit", MOST_REPLAYED, MOST_REPLAYED);
    if (parameters.isTrue("dryRun")) {
      return dryRun(filter, rate, limit);
    }
    Replays.Started replay = replays.start(filter, rate, limit);
    asked.audit("dead-letters.replay", replay.replayed());
    return JsonFields.write(
        json -> {
          json.writeNumberField("replayed", replay.replayed());
          json.writeNumberField("refused", replay.refused());
          if (replay.refused() > 0) {
            json.writeStringField(
                "message",
                "invalid events cannot be replayed: send corrected ones, or delete these");
          }
          if (replay.id() != null) {
            json.writeNumberField("replay", replay.id());
          }
        });
  }

  /** Tells what a replay would do, and changes nothing. */
  private String dryRun(DeadLetterFilter filter, int rate, int limit) throws OutboxException {
    Map<Reason, Long> counts = letters.count(filter);
    List<DeadLetterGroup> groups = letters.groups(filter);
    long refused = counts.getOrDefault(Reason.INVALID, 0L);
    long all = counts.values().stream().mapToLong(Long::longValue).sum();
    long replayed = Math.min(limit, all - refused);
    return JsonFields.write(
        json -> {
          json.writeBooleanField("dryRun", true);
          json.writeNumberField("wouldReplay", replayed);
          json.writeNumberField("refused", refused);
          json.writeNumberField("seconds", (replayed + rate - 1) / rate);
          writeCounts(json, counts);
          writeGroups(json, groups);
        });
  }

  private static void writeGroups(JsonGenerator json, List<DeadLetterGroup> groups)
      throws IOException {
    json.writeArrayFieldStart("groups");
    for (DeadLetterGroup group : groups) {
      json.writeStartObject();
      json.writeStringField("reason", group.reason().json());
      json.writeStringField("destination", group.destination());
      if (!group.webhook().isEmpty()) {
        json.writeStringField("webhook", group.webhook());
      }
      json.writeStringField("status", group.status());
      json.writeNumberField("count", group.count());
      json.writeStringField("oldest", group.oldest().toString());
      json.writeStringField("newest", group.newest().toString());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private String delete(Parameters parameters, Operation asked) throws OutboxException {
    parameters.requireFilter();
    Deletions deletions = new Deletions(context);
    long deleted;
    try {
      deleted = letters.delete(parameters.deadLetters(), deletions::dead);
    } finally {
      deletions.tell();
    }
    asked.audit("dead-letters.delete", deleted);
    return JsonFields.write(json -> json.writeNumberField("deleted", deleted));
  }
}
