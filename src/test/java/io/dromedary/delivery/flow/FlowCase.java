package io.dromedary.delivery.flow;

import io.dromedary.delivery.flow.Simulation.Second;
import java.util.List;
import java.util.function.Supplier;

/**
 * A receiver with the throughput that a perfect sender would achieve, and the share of it that is
 * required.
 *
 * @param mostInFlight the maximum number of attempts in flight
 * @param demand events per second; infinity for a backlog
 * @param cost processor time per attempt, in seconds
 * @param duration the length of the simulation in seconds
 * @param perfect accepted attempts per second of a perfect sender
 * @param from the second from which that throughput is possible
 * @param share the required share of that throughput
 * @param mostRefused the share of attempts that may be refused with 429 or 503, over the first
 *     minute and over all
 */
record FlowCase(
    String name,
    Supplier<SimulatedReceiver> receiver,
    int mostInFlight,
    double demand,
    double cost,
    double duration,
    double perfect,
    double from,
    double share,
    double mostRefused) {

  /** The result of a run. */
  record Result(
      double share,
      double refused,
      double refusedFirstMinute,
      int fullFrom,
      double longestSilence,
      int mostInFlight,
      List<Second> seconds) {}

  FlowCase lasting(double newDuration) {
    return new FlowCase(
        name, receiver, mostInFlight, demand, cost, newDuration, perfect, from, share, mostRefused);
  }

  FlowCase reaching(double newShare) {
    return new FlowCase(
        name, receiver, mostInFlight, demand, cost, duration, perfect, from, newShare, mostRefused);
  }

  FlowCase from(double second) {
    return new FlowCase(
        name, receiver, mostInFlight, demand, cost, duration, perfect, second, share, mostRefused);
  }

  FlowCase refusing(double most) {
    return new FlowCase(
        name, receiver, mostInFlight, demand, cost, duration, perfect, from, share, most);
  }

  FlowCase wanting(double perSecond) {
    return new FlowCase(
        name + ", " + (int) perSecond + "/s",
        receiver,
        mostInFlight,
        perSecond,
        cost,
        duration,
        Math.min(perfect, perSecond),
        from,
        share,
        mostRefused);
  }

  /** Returns the approximate number of attempts. */
  double size() {
    return perfect * duration;
  }

  Result run(long seed) {
    Simulation simulation =
        new Simulation(
            receiver.get(), FlowSettings.defaults(mostInFlight), demand, cost, duration, seed);
    List<Second> seconds = simulation.run();
    double accepted = 0;
    double sent = 0;
    double refused = 0;
    double sentFirst = 0;
    double refusedFirst = 0;
    int full = -1;
    for (int i = 0; i < (int) duration; i++) {
      Second second = seconds.get(i);
      if (i >= from) {
        accepted += second.accepted;
        full = full < 0 && second.accepted >= 0.9 * perfect ? i : full;
      }
      sent += second.sent;
      refused += second.refused;
      if (i < 60) {
        sentFirst += second.sent;
        refusedFirst += second.refused;
      }
    }
    return new Result(
        accepted / perfect / (duration - from),
        refused / Math.max(1, sent),
        refusedFirst / Math.max(1, sentFirst),
        full,
        simulation.longestSilence(),
        simulation.mostInFlight(),
        seconds);
  }

  boolean isMet(Result result) {
    return result.share >= share
        && result.refused <= mostRefused
        && result.refusedFirstMinute <= mostRefused;
  }

  @Override
  public String toString() {
    return name;
  }
}
