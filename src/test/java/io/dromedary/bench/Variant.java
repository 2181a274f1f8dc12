package io.dromedary.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What is compared: a process under test, how it is given events, and the figures of its rounds.
 */
final class Variant {

  /** Has the events of these numbers sent by the process under test. */
  interface Sender {
    void send(int first, int end);
  }

  /** What is measured of each round, beside the time; of an event or as a share. */
  enum Figure {
    EVENTS_A_SECOND,
    CPU_MICROS,
    ALLOCATED_KB,
    JIT_SHARE
  }

  final String title;
  final Child child;
  final Sender sender;
  int warmUps;

  private final Map<Figure, List<Double>> figures = new EnumMap<>(Figure.class);

  Variant(String title, Child child, Sender sender) {
    this.title = title;
    this.child = child;
    this.sender = sender;
  }

  void add(Figure figure, double value) {
    figures.computeIfAbsent(figure, key -> new ArrayList<>()).add(value);
  }

  /** Those of the rounds so far. */
  List<Double> all(Figure figure) {
    return figures.getOrDefault(figure, List.of());
  }

  /** Forgets the rounds so far, which were to warm up. */
  void startOver() {
    warmUps = all(Figure.CPU_MICROS).size();
    figures.clear();
  }

  double median(Figure figure) {
    return all(figure).stream().sorted().toList().get(all(figure).size() / 2);
  }

  /** The median, with the least and the most. */
  String show(Figure figure, String format) {
    return (format + " (" + format + "-" + format + ")")
        .formatted(median(figure), Collections.min(all(figure)), Collections.max(all(figure)));
  }
}
