package io.dromedary.crash;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What has been seen from outside: which events senders were answered 200, which ones webhooks have
 * accepted or rejected for good, which ones are dead letters or still wait in the end, and which
 * process was killed when. Events and processes ("lives") are numbers. Thread-safe.
 */
final class Ledger {

  /** An event that a webhook has accepted again. */
  record Duplicate(int event, Acceptance before, Acceptance again) {}

  private final List<Map<Integer, Acceptance>> accepted =
      List.of(new ConcurrentHashMap<>(), new ConcurrentHashMap<>());
  private final Map<Integer, Integer> arrivals = new ConcurrentHashMap<>();
  private final Set<Integer> answered = ConcurrentHashMap.newKeySet();
  private final Set<Integer> rejected = ConcurrentHashMap.newKeySet();
  private final Set<Integer> dead = ConcurrentHashMap.newKeySet();
  private final Set<Integer> waiting = ConcurrentHashMap.newKeySet();
  private final Set<Integer> told = ConcurrentHashMap.newKeySet();
  private final Set<Integer> delivering = ConcurrentHashMap.newKeySet();
  private final Map<Integer, Long> killedNanos = new ConcurrentHashMap<>();
  private final Collection<Duplicate> duplicates = new ArrayList<>();
  private final List<String> surprises = new ArrayList<>();
  private int lives;
  private volatile long lastNanos = System.nanoTime();

  /** Whether a choosy webhook rejects an event for good. */
  static boolean isUnwanted(int event) {
    return event % 97 == 13;
  }

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

  /** Notes that a webhook has rejected an event for good. */
  void rejected(int event) {
    rejected.add(event);
    lastNanos = System.nanoTime();
  }

  /** Notes what is in a store when all processes have stopped. */
  void found(Remains remains) {
    dead.addAll(remains.dead());
    waiting.addAll(remains.waiting());
    told.addAll(remains.told());
  }

  /** How many events are dead letters. */
  int dead() {
    return dead.size();
  }

  /** How many events the operator's endpoint was told of as dead letters. */
  int told() {
    return told.size();
  }

  /** The events that a sender was answered 200 for and that are still in a store. */
  NavigableSet<Integer> stuck() {
    NavigableSet<Integer> stuck = new TreeSet<>(waiting);
    stuck.retainAll(answered);
    return stuck;
  }

  /** The events that are dead letters, or were told to be, and should not be. */
  NavigableSet<Integer> wronglyDead() {
    NavigableSet<Integer> wrongly = new TreeSet<>(dead);
    wrongly.removeAll(rejected);
    told.stream().filter(event -> !dead.contains(event)).forEach(wrongly::add);
    return wrongly;
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
  int underWay() {
    return answered.size() - accepted.get(0).size();
  }

  /** Whether each event that was answered for is delivered or has been rejected. */
  boolean isAllDone() {
    return undelivered().allMatch(rejected::contains);
  }

  /**
   * The events that a sender was answered 200 for, that a webhook has not accepted and that are in
   * no store, neither as dead letters nor waiting, and how often each has come to any.
   */
  SortedMap<Integer, Integer> lost() {
    SortedMap<Integer, Integer> lost = new TreeMap<>();
    undelivered()
        .filter(event -> !dead.contains(event) && !waiting.contains(event))
        .forEach(event -> lost.put(event, arrivals.getOrDefault(event, 0)));
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
