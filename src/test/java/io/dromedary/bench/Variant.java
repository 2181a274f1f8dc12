package io.dromedary.bench;

import java.util.ArrayList;
import java.util.List;

/**
 * What is compared: a process under test, how it is given events, and the figures of its rounds.
 */
final class Variant {

  /** Has the events of these numbers sent by the process under test. */
  interface Load {
    void send(int first, int end);
  }

  final String title;
  final Child child;
  final Load load;

  /** Events a second, of each round. */
  final List<Double> rates = new ArrayList<>();

  /** The CPU time an event has cost the process under test, of each round. */
  final List<Double> cpuMicros = new ArrayList<>();

  /** How much of that CPU time was the JIT compilers', of each round. */
  final List<Double> jitShares = new ArrayList<>();

  int warmUps;

  Variant(String title, Child child, Load load) {
    this.title = title;
    this.child = child;
    this.load = load;
  }

  /** Forgets the rounds so far, which were to warm up. */
  void startOver() {
    warmUps = rates.size();
    rates.clear();
    cpuMicros.clear();
    jitShares.clear();
  }

  double rate() {
    return median(rates);
  }

  double cpu() {
    return median(cpuMicros);
  }

  double jit() {
    return median(jitShares);
  }

  private static double median(List<Double> figures) {
    return figures.stream().sorted().toList().get(figures.size() / 2);
  }
}
