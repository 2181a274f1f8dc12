package io.dromedary.crash;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;

/**
 * What a run has shown.
 *
 * @param inFlight how many events a node may begin to deliver at once; as many may be in flight
 *     that have waited for another attempt
 * @param answered events whose senders were answered 200
 * @param delivered events that each webhook has accepted
 * @param lost answered, but not accepted by each webhook and in no store, and how often each has
 *     come to any
 * @param dead dead letters in the stores, of events that a webhook has rejected
 * @param told of how many of them an operator was told
 * @param stuck events that are still in a store, although nothing was under way any more
 * @param wronglyDead dead letters, or events told to be, that no webhook has rejected
 * @param surprises what must not be at all
 * @param duplicates acceptances of an event by a webhook that had accepted it before
 * @param unread of those, how many follow an answer that may have come too late for its sender
 * @param unexplained of those, the ones that neither a kill nor a late answer explains
 * @param mostAtOneKill the most events that were in flight at a kill and were delivered again
 * @param oldest the longest time from an acceptance to the kill that has made it be repeated
 */
record Report(
    long seed,
    int kills,
    int inFlight,
    int answered,
    long delivered,
    SortedMap<Integer, Integer> lost,
    int dead,
    int told,
    NavigableSet<Integer> stuck,
    NavigableSet<Integer> wronglyDead,
    List<String> surprises,
    int duplicates,
    int unread,
    List<String> unexplained,
    int mostAtOneKill,
    Duration oldest) {

  /** What is done at a webhook is committed at the latest so much later, on a slow machine. */
  private static final Duration SETTLED = Duration.ofSeconds(5);

  /** A developer who sees so many needs no more. */
  private static final int MOST_SHOWN = 50;

  static Report of(long seed, int inFlight, Ledger ledger) {
    Map<Integer, Long> killedNanos = ledger.killedNanos();
    Map<Integer, Set<Integer>> repeated = new HashMap<>();
    List<String> unexplained = new ArrayList<>();
    Duration oldest = Duration.ZERO;
    int unread = 0;
    for (Ledger.Duplicate duplicate : ledger.duplicates()) {
      // An answer that comes too late may be noted behind that of the next attempt.
      boolean isInOrder = !duplicate.again().isOfEarlierRequest(duplicate.before());
      Acceptance before = isInOrder ? duplicate.before() : duplicate.again();
      Acceptance again = isInOrder ? duplicate.again() : duplicate.before();
      int life = before.life();
      Long killed = killedNanos.get(life);
      boolean survived = killed == null || life == again.life();
      if (survived && !before.isRead()) {
        unread++;
        continue;
      }
      Duration age = Duration.ofNanos(killed == null ? 0 : killed - before.nanos());
      if (survived || age.compareTo(SETTLED) > 0) {
        unexplained.add(
            "%d by life %d (%s), and by life %d %d ms later"
                .formatted(
                    duplicate.event(),
                    life,
                    killed == null ? "not killed" : "killed after " + age.toMillis() + " ms",
                    again.life(),
                    (again.nanos() - before.nanos()) / 1_000_000));
        continue;
      }
      repeated.computeIfAbsent(life, key -> new HashSet<>()).add(duplicate.event());
      oldest = age.compareTo(oldest) > 0 ? age : oldest;
    }
    return new Report(
        seed,
        killedNanos.size(),
        inFlight,
        ledger.answered(),
        ledger.delivered(),
        ledger.lost(),
        ledger.dead(),
        ledger.told(),
        ledger.stuck(),
        ledger.wronglyDead(),
        ledger.surprises(),
        ledger.duplicates().size(),
        unread,
        unexplained,
        repeated.values().stream().mapToInt(Set::size).max().orElse(0),
        oldest);
  }

  /** What speaks against the guarantee; empty if nothing does. */
  List<String> problems() {
    List<String> problems = new ArrayList<>(surprises);
    if (!lost.isEmpty()) {
      problems.add(
          lost.size()
              + " events were lost (=how often each has come): "
              + lost.entrySet().stream().limit(MOST_SHOWN).toList());
    }
    if (!stuck.isEmpty()) {
      problems.add(stuck.size() + " events are stuck: " + shown(stuck));
    }
    if (!wronglyDead.isEmpty()) {
      problems.add(
          wronglyDead.size() + " events are dead letters for no reason: " + shown(wronglyDead));
    }
    if (!unexplained.isEmpty()) {
      problems.add(
          unexplained.size()
              + " events were delivered again for no reason: "
              + String.join("; ", unexplained.stream().limit(MOST_SHOWN).toList()));
    }
    if (mostAtOneKill > 2 * inFlight) {
      problems.add(
          "a kill has repeated "
              + mostAtOneKill
              + " events, but only "
              + 2 * inFlight
              + " may have been in flight");
    }
    return problems;
  }

  private static List<Integer> shown(NavigableSet<Integer> events) {
    return events.stream().limit(MOST_SHOWN).toList();
  }

  @Override
  public String toString() {
    return """
        seed %d: %d kills
          answered 200           %,d events
          delivered              %,d events
          dead letters           %,d events, %,d told
          lost                   %,d events
          delivered again        %,d times, of which %,d after an answer that came too late
            for no reason        %,d
            at most at one kill  %,d of %,d in flight; accepted up to %,d ms before the kill
        """
        .formatted(
            seed,
            kills,
            answered,
            delivered,
            dead,
            told,
            lost.size(),
            duplicates,
            unread,
            unexplained.size(),
            mostAtOneKill,
            inFlight,
            oldest.toMillis());
  }
}
