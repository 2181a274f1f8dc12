package io.dromedary.crash;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What has been seen from outside: which events senders were answered 200, which ones webhooks have
 * accepted, and which process was killed when. Events and processes ("lives") are numbers.
 * Thread-safe.
 */
final class Ledger {

  /** An event that a webhook has accepted again. */
  record Duplicate(int event, Acceptance before, Acceptance again) {}

  private final List<Map<Integer, Acceptance>> accepted =
      List.of(new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
  private final Map<Integer, Integer> arrivals = new ConcurrentHashMap<>();
  private final Set<Integer> answered = ConcurrentHashMap.newKeySet();
  private final Set<Integer> delivering = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Long> killedNanos = new ConcurrentHashMap<>();
  private final Collection<Duplicate> duplicates = new ArrayList<>();
  private final List<String> surprises = new ArrayList<>();
  private int lives;
  private volatile long lastNanos = System.nanoTime();

  /** How many webhooks there are; each has to accept each event. */
  int webhooks() {
    return accepted.size();
  }

  /** The number of a process that is about to start. */
  synchronized int newLife() {
    return ++lives;
  }

  void killed(int life) {
    killedNanos.put(life, System.nanoTime());
  }

  Map<Integer, Long> killedNanos() {
    return Map.copyOf(killedNanos);
  }

  /** Notes that a sender has read a whole 200 for these events. */
  void answered(int first, int count) {
    IntStream.range(first, first + count).forEach(answered::add);
    lastNanos = System.nanoTime();
  }

  /** Notes that an event has come to a webhook, whatever it will be answered. */
  void arrived(int event) {
    arrivals.merge(event, 1, Integer::sum);
  }

  void accepted(int webhook, int event, Acceptance acceptance) {
    Acceptance before = accepted.get(webhook).put(event, acceptance);
    lastNanos = acceptance.nanos();
    delivering.add(acceptance.life());
    if (before != null) {
      synchronized (this) {
        duplicates.add(new Duplicate(event, before, acceptance));
      }
    }
  }

  /** Notes what must not be at all, such as a 400 for a good event. */
  synchronized void surprise(String what) {
    surprises.add(what);
  }

  synchronized List<String> surprises() {
    return List.copyOf(surprises);
  }

  synchronized List<Duplicate> duplicates() {
    return List.copyOf(duplicates);
  }

  int answered() {
    return answered.size();
  }

  /** How many events all webhooks have accepted, with those that no sender was answered for. */
  long delivered() {
    return accepted.get(0).keySet().stream().filter(this::isDelivered).count();
  }

  /** Whether a webhook has accepted anything from that process. */
  boolean hasDelivered(int life) {
    return delivering.contains(life);
  }

  /** About how many events are taken and not delivered. */
  int waiting() {
    return answered.size() - accepted.get(0).size();
  }

  boolean isAllDelivered() {
    return undelivered().findAny().isEmpty();
  }

  /**
   * The events that a sender was answered 200 for and that a webhook has not accepted, and how
   * often each has come to any.
   */
  SortedMap<Integer, Integer> lost() {
    SortedMap<Integer, Integer> lost = new TreeMap<>();
    undelivered().forEach(event -> lost.put(event, arrivals.getOrDefault(event, 0)));
    return lost;
  }

  private Stream<Integer> undelivered() {
    return answered.stream().filter(event -> !isDelivered(event));
  }

  private boolean isDelivered(int event) {
    return accepted.stream().allMatch(webhook -> webhook.containsKey(event));
  }

  /** {@link System#nanoTime} when a sender was answered or a webhook accepted last. */
  long lastNanos() {
    return lastNanos;
  }
}
