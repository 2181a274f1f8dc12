package io.dromedary.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What is compared: the processes under test, how they are given events, and the figures of the
 * rounds.
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

  /** The processes under test: one, but where several nodes share the work. */
  final List<Child> nodes;

  final Sender sender;
  int warmUps;

  /** Of each paced round, sorted: what the events took, in microseconds. */
  private final List<long[]> latencies = new ArrayList<>();

  private final Map<Figure, List<Double>> figures = new EnumMap<>(Figure.class);

  Variant(String title, List<Child> nodes, Sender sender) {
    this.title = title;
    this.nodes = nodes;
    this.sender = sender;
  }

  /** What all nodes answer to a command, which is a number. */
  long sum(String command) {
    return nodes.stream().mapToLong(node -> Long.parseLong(node.ask(command))).sum();
  }

  /** The CPU time of all nodes so far. */
  Duration cpu() {
    return nodes.stream().map(Child::cpu).reduce(Duration.ZERO, Duration::plus);
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

  void addLatencies(long[] sortedMicros) {
    latencies.add(sortedMicros);
  }

  /** Medians over the paced rounds of a round's median and 99th percentile, this with its range. */
  String showLatencies() {
    if (latencies.isEmpty()) {
      return "-";
    }
    double[] p50 = latencyMillis(50);
    double[] p99 = latencyMillis(99);
    return "%.1f / %.1f (%.1f-%.1f) ms"
        .formatted(p50[p50.length / 2], p99[p99.length / 2], p99[0], p99[p99.length - 1]);
  }

  private double[] latencyMillis(int percent) {
    return latencies.stream()
        .mapToDouble(micros -> micros[micros.length * percent / 100] / 1e3)
        .sorted()
        .toArray();
  }

  /** The median, with the least and the most. */
  String show(Figure figure, String format) {
    return (format + " (" + format + "-" + format + ")")
        .formatted(median(figure), Collections.min(all(figure)), Collections.max(all(figure)));
  }
}
