package io.dromedary.page;

import io.dromedary.operations.Audit;
import io.dromedary.operations.Deletions;
import io.dromedary.operations.Mask;
import io.dromedary.outbox.Outbox;
import io.dromedary.outbox.OutboxComponent;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.deadletter.DeadLetter.Reason;
import io.dromedary.outbox.deadletter.DeadLetterFilter;
import io.dromedary.outbox.deadletter.DeadLetterGroup;
import io.dromedary.outbox.deadletter.DeadLetters;
import io.dromedary.outbox.deadletter.ReplayProgress;
import io.dromedary.outbox.deadletter.Replays;
import io.dromedary.outbox.store.EventFilter;
import io.dromedary.outbox.store.OutboxException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jspecify.annotations.Nullable;

/** Shows dead letters in groups and as rows, and replays and deletes them. */
final class DeadLettersView implements View {

  /** The names of the parameters that select dead letters. */
  static final List<String> FILTERS =
      List.of(
          "reason",
          "destination",
          "webhook",
          "status",
          "class",
          "type",
          "messageId",
          "userId",
          "since",
          "until");

  private static final int ROWS = 50;
  private static final int RATE = 100;
  private static final int MOST_RATE = 100_000;
  private static final int MOST_REPLAYED = 999_999_999;

  private final CamelContext context;

  DeadLettersView(CamelContext context) {
    this.context = context;
  }

  @Override
  public String title(PageRequest request) {
    return "Dead letters";
  }

  private Outbox outbox() {
    return context.getComponent("outbox", OutboxComponent.class).outbox();
  }

  private static Map<String, String> filters(PageRequest request) {
    Map<String, String> filters = new LinkedHashMap<>(request.query());
    filters.keySet().retainAll(FILTERS);
    return filters;
  }

  @Override
  public void write(Html html, PageRequest request) throws Exception {
    Map<String, String> filters = filters(request);
    DeadLetterFilter filter = Search.filter(filters);
    DeadLetters letters = outbox().deadLetters();
    Map<Reason, Long> counts = letters.count(filter);
    long count = counts.values().stream().mapToLong(Long::longValue).sum();
    html.open("div", "class", "head").open("div");
    html.element("h1", "Dead letters");
    html.element("p", "Events that were given up. A replay accepts them anew.", "class", "soft");
    html.close().close();
    new ReplayCards(html, request).write(replays(request));
    DeadLetterRowsPart rows = new DeadLetterRowsPart(html, request, filters);
    rows.writeFilter();
    if (count == 0) {
      html.open("div", "class", "empty", "data-live", "letters");
      html.text(filters.isEmpty() ? "There are none." : "None matches.").close();
      return;
    }
    List<DeadLetterGroup> groups = letters.groups(filter);
    rows.writeGroups(groups);
    DeadLetters.Page page = letters.list(filter, place(request), ROWS);
    Mask mask = Mask.of(context, request.caller());
    rows.writeLetters(
        page.deadLetters().stream().map(mask::letter).toList(), page.next(), counts, RATE);
  }

  /** The replay that the URL names, and all that have events waiting. */
  private List<ReplayProgress> replays(PageRequest request) throws OutboxException {
    String asked = request.parameter("replay");
    return outbox().replays().latest().stream()
        .filter(each -> Long.toString(each.id()).equals(asked) || each.goesOn())
        .toList();
  }

  private static DeadLetters.@Nullable Place place(PageRequest request) {
    String before = request.parameter("before");
    if (before == null) {
      return null;
    }
    if (!before.matches("\\d{1,18}-\\d{1,18}")) {
      throw new IllegalArgumentException(
          "before: expected what the link to older dead letters has, found another text");
    }
    String[] parts = before.split("-", 2);
    return new DeadLetters.Place(Long.parseLong(parts[0]), Long.parseLong(parts[1]));
  }

  @Override
  public FormResult act(PageRequest request) throws Exception {
    String what = request.field("what");
    if ("stop".equals(what)) {
      return stop(request);
    }
    Map<String, String> filters = filters(request);
    List<String> chosen = request.fields("id");
    boolean isChosen = "chosen".equals(request.field("which"));
    if (isChosen && chosen.isEmpty()) {
      return FormResult.failed("Nothing is selected: choose rows, or all that match.");
    }
    DeadLetterFilter filter = Search.filter(filters);
    DeadLetterFilter meant = isChosen ? only(filter, chosen) : filter;
    String told = isChosen ? "id=" + String.join(",", chosen) : filters.toString();
    DeadLetters letters = outbox().deadLetters();
    switch (String.valueOf(what)) {
      case "dry-run" -> {
        return dryRun(letters, meant, rate(request));
      }
      case "replay" -> {
        Replays.Started replay = outbox().replays().start(meant, rate(request), MOST_REPLAYED);
        Audit.done("dead-letters.replay", request.caller().name(), told, replay.replayed());
        if (replay.id() == null) {
          return FormResult.failed("Nothing was replayed: invalid events cannot be replayed.");
        }
        return FormResult.at(request.withParameter("replay", replay.id().toString()));
      }
      case "delete" -> {
        Deletions deletions = new Deletions(context);
        long deleted = letters.delete(meant, deletions::dead);
        deletions.tell();
        Audit.done("dead-letters.delete", request.caller().name(), told, deleted);
        return FormResult.of(Figures.count(deleted, "dead letter", "dead letters") + " deleted.");
      }
      default -> throw new IllegalArgumentException("expected replay, dry-run, delete or stop");
    }
  }

  private FormResult stop(PageRequest request) throws OutboxException {
    String id = request.field("replay");
    if (id == null || !id.matches("\\d{1,18}")) {
      throw new IllegalArgumentException("replay: expected its number");
    }
    Long restored = outbox().replays().stop(Long.parseLong(id));
    if (restored == null) {
      return FormResult.failed("There is no replay of that number any more.");
    }
    Audit.done("replay.stop", request.caller().name(), "replay=" + id, restored);
    return FormResult.of(
        "Stopped: "
            + Figures.count(restored, "event is", "events are")
            + " dead again. Events that were already due continue.");
  }

  private static DeadLetterFilter only(DeadLetterFilter filter, List<String> ids) {
    Set<Long> numbers = new HashSet<>();
    for (String id : ids) {
      if (!id.matches("\\d{1,18}")) {
        throw new IllegalArgumentException("id: expected numbers");
      }
      numbers.add(Long.valueOf(id));
    }
    EventFilter event = filter.event();
    return new DeadLetterFilter(
        new EventFilter(
            event.destination(),
            event.type(),
            event.messageId(),
            event.userId(),
            event.since(),
            event.until(),
            numbers),
        filter.reason(),
        filter.webhook(),
        filter.status(),
        filter.attemptClass());
  }

  private static int rate(PageRequest request) {
    String rate = request.field("rate");
    if (rate == null) {
      return RATE;
    }
    int number = rate.matches("\\d{1,6}") ? Integer.parseInt(rate) : 0;
    if (number < 1 || number > MOST_RATE) {
      throw new IllegalArgumentException(
          "rate: expected a whole number from 1 to " + MOST_RATE + " events a second");
    }
    return number;
  }

  private static FormResult dryRun(DeadLetters letters, DeadLetterFilter meant, int rate)
      throws OutboxException {
    Map<Reason, Long> counts = letters.count(meant);
    long invalid = counts.getOrDefault(Reason.INVALID, 0L);
    long events = counts.values().stream().mapToLong(Long::longValue).sum() - invalid;
    StringBuilder told = new StringBuilder("A dry run, nothing was changed: ");
    told.append(Figures.count(events, "event", "events")).append(" would be replayed");
    told.append(" within ")
        .append(Figures.duration(Duration.ofSeconds((events + rate - 1) / rate)));
    if (invalid > 0) {
      told.append("; ").append(Figures.count(invalid)).append(" invalid would be skipped");
    }
    List<DeadLetter> newest = letters.list(meant, null, 1).deadLetters();
    if (!newest.isEmpty()) {
      told.append(". The newest died ").append(Figures.instant(newest.get(0).deadAt()));
    }
    return FormResult.of(told.append('.').toString());
  }
}
