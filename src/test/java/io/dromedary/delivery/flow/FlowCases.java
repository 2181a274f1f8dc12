package io.dromedary.delivery.flow;

import static io.dromedary.delivery.flow.Signal.Kind.ERROR;
import static io.dromedary.delivery.flow.Signal.Kind.NO_ANSWER;
import static io.dromedary.delivery.flow.Signal.Kind.THROTTLED;
import static io.dromedary.delivery.flow.Signal.Kind.TIMEOUT;
import static io.dromedary.delivery.flow.Signal.Kind.UNAVAILABLE;
import static io.dromedary.delivery.flow.SimulatedReceiver.atMost;
import static io.dromedary.delivery.flow.SimulatedReceiver.bucket;
import static io.dromedary.delivery.flow.SimulatedReceiver.fixedWindow;
import static io.dromedary.delivery.flow.SimulatedReceiver.hangs;
import static io.dromedary.delivery.flow.SimulatedReceiver.outage;
import static io.dromedary.delivery.flow.SimulatedReceiver.pauses;
import static io.dromedary.delivery.flow.SimulatedReceiver.poison;
import static io.dromedary.delivery.flow.SimulatedReceiver.queue;
import static io.dromedary.delivery.flow.SimulatedReceiver.random;
import static io.dromedary.delivery.flow.SimulatedReceiver.slidingWindow;
import static io.dromedary.delivery.flow.SimulatedReceiver.takes;
import static io.dromedary.delivery.flow.SimulatedReceiver.takesAbout;
import static io.dromedary.delivery.flow.SimulatedReceiver.until;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Receivers as they occur in practice: imperfect, limited, slow, down. */
final class FlowCases {

  private static final double BACKLOG = Double.POSITIVE_INFINITY;

  private final List<FlowCase> cases = new ArrayList<>();
  private final int most;

  /** The sender's processor time per attempt in seconds, on one of two processors. */
  private final double cost;

  private final double fastest;

  private FlowCases(int most) {
    this.most = most;
    this.cost = most <= 256 ? 50e-6 : 25e-6;
    this.fastest = 2 / cost;
  }

  /** Returns the cases for a sender with that maximum in flight. */
  static List<FlowCase> with(int mostInFlight) {
    FlowCases all = new FlowCases(mostInFlight);
    all.healthy();
    all.queueing();
    all.flaky();
    for (String kind : new String[] {"token bucket", "fixed window", "sliding window"}) {
      all.limited(kind);
      all.mixed(kind);
    }
    all.otherLimits();
    all.poisoned();
    all.down();
    return List.copyOf(all.cases);
  }

  private FlowCase add(
      String name, double duration, double perfect, Supplier<SimulatedReceiver> receiver) {
    return new FlowCase(
        name + " /" + most, receiver, most, BACKLOG, cost, duration, perfect, 0, 0.9, 1);
  }

  private double after(double latency) {
    return Math.min(fastest, most / latency);
  }

  private void healthy() {
    cases.add(add("at once", 20, fastest, () -> takes(0.0001)));
    cases.add(add("50 ms", 20, after(0.05), () -> takes(0.045, 0.055)));
    cases.add(add("300 ms", 40, after(0.3), () -> takes(0.3)));
    cases.add(add("1-4 s", 120, after(2.5), () -> takes(1, 4)).reaching(0.75));
    cases.add(add("20 ms on average", 20, after(0.02), () -> takesAbout(0.02)));
    cases.add(add("3 events a second", 600, 3, () -> takes(0.1)).wanting(3));
  }

  private void queueing() {
    cases.add(add("8 workers of 4 ms", 60, 2000, () -> queue(8, 0.004, 0.001)));
    cases.add(add("1 worker of 100 ms", 120, 10, () -> queue(1, 0.1, 0.001)));
    cases.add(add("1 worker of 2 s", 600, 0.5, () -> queue(1, 2, 0.001)).reaching(0.05));
    cases.add(add("50 workers of 50 ms", 60, 1000, () -> queue(50, 0.05, 0.01)));
  }

  private void flaky() {
    for (double p : new double[] {0.01, 0.1, 0.2, 0.3, 0.6}) {
      double share = p < 0.5 ? 0.9 : 0.6;
      String of = "503 for " + (int) (p * 100) + "%, ";
      cases.add(
          add(
                  of + "1 ms",
                  60,
                  fastest * (1 - p),
                  () -> random(p, UNAVAILABLE, 0.0005).before(takes(0.001)))
              .reaching(share));
      cases.add(
          add(
                  of + "50 ms",
                  60,
                  after(0.05) * (1 - p),
                  () -> random(p, UNAVAILABLE, 0.05).before(takes(0.045, 0.055)))
              .reaching(share));
    }
    cases.add(
        add("503 for 30%", 120, 100, () -> random(0.3, UNAVAILABLE, 0.05).before(takes(0.05)))
            .wanting(100));
    cases.add(
        add(
                "500 for 60%, 20 ms",
                60, after(0.02) * 0.4, () -> random(0.6, ERROR, 0.02).before(takes(0.02)))
            .reaching(0.7));
    cases.add(
        add("500 for 60%", 600, 8, () -> random(0.6, ERROR, 0.02).before(takes(0.02)))
            .wanting(8)
            .reaching(0.85));
    cases.add(
        add(
                "resets of 10%",
                30, after(0.02) * 0.9, () -> random(0.1, NO_ANSWER, 0.005).before(takes(0.02)))
            .reaching(0.6));
    cases.add(
        add(
                "resets of 10%",
                60, 2000, () -> random(0.1, NO_ANSWER, 0.005).before(queue(8, 0.004, 0.001)))
            .reaching(0.8));
  }

  private static SimulatedReceiver.Stage limiter(
      String kind, int rate, Signal.Kind answer, double retryAfter, double after) {
    return switch (kind) {
      case "token bucket" -> bucket(rate, rate, answer, retryAfter, after);
      case "fixed window" -> fixedWindow(rate, 1, answer, retryAfter > 0, after);
      default -> slidingWindow(rate, 1, false, answer, retryAfter, after);
    };
  }

  private void limited(String kind) {
    for (double latency : new double[] {0.002, 0.05}) {
      String at = ", " + (int) (latency * 1000) + " ms, " + kind;
      cases.add(
          add(
                  "503 beyond 400/s" + at,
                  120,
                  400,
                  () -> limiter(kind, 400, UNAVAILABLE, 0, latency / 2).before(takes(latency)))
              .refusing(0.1));
      FlowCase throttled =
          add(
                  "429 beyond 200/s" + at,
                  120,
                  200,
                  () -> limiter(kind, 200, THROTTLED, 1, latency / 2).before(takes(latency)))
              .refusing(0.1);
      cases.add(throttled);
      cases.add(throttled.wanting(500));
    }
    cases.add(
        add(
                "429 beyond 10/s, " + kind,
                120,
                10,
                () -> limiter(kind, 10, THROTTLED, 1, 0.02).before(takes(0.05)))
            .refusing(0.1));
    cases.add(
        add(
                "429 beyond 5000/s, " + kind,
                60,
                5000,
                () -> limiter(kind, 5000, THROTTLED, 0, 0.005).before(takes(0.005)))
            .refusing(0.1));
  }

  private void mixed(String kind) {
    cases.add(
        add(
                "503 for 10% and beyond 400/s, " + kind,
                120,
                400,
                () ->
                    random(0.1, UNAVAILABLE, 0.01)
                        .before(limiter(kind, 400, UNAVAILABLE, 0, 0.02).before(takes(0.02))))
            .refusing(0.27));
    cases.add(
        add(
                "503 for 30%, 429 beyond 200/s, " + kind,
                120,
                200,
                () ->
                    random(0.3, UNAVAILABLE, 0.01)
                        .before(limiter(kind, 200, THROTTLED, 1, 0.02).before(takes(0.02))))
            .reaching(0.55)
            .refusing(0.46));
    cases.add(
        add(
                "3% hang, 429 beyond 200/s, " + kind,
                120,
                200,
                () ->
                    hangs(0.03).before(limiter(kind, 200, THROTTLED, 1, 0.02).before(takes(0.02))))
            .reaching(0.8)
            .refusing(0.12));
  }

  private void otherLimits() {
    // Attempts in flight when the window is used up are refused.
    cases.add(
        add(
                "429 beyond 12000/min",
                120,
                200,
                () -> fixedWindow(12_000, 60, THROTTLED, true, 0.01).before(takes(0.01)))
            .refusing(most <= 256 ? 0.1 : 0.2));
    cases.add(
        add(
                "503 beyond 4000/10 s",
                120,
                400,
                () -> fixedWindow(4000, 10, UNAVAILABLE, false, 0.01).before(takes(0.01)))
            .refusing(0.12));
    cases.add(
        add(
                "429 beyond 200/s, refused ones count",
                120,
                200,
                () -> slidingWindow(200, 1, true, THROTTLED, 1, 0.01).before(takes(0.01)))
            .reaching(0.65)
            .refusing(0.15));
    cases.add(
        add(
                "503 beyond 20 at once",
                120,
                400,
                () -> atMost(20, UNAVAILABLE, 0.01, takes(0.045, 0.055)))
            .reaching(0.75)
            .refusing(0.1));
    cases.add(
        add(
                "503 beyond 20 at once, 50 ms on average",
                120,
                400,
                () -> atMost(20, UNAVAILABLE, 0.01, takesAbout(0.05)))
            .reaching(0.7)
            .refusing(0.1));
  }

  private void poisoned() {
    cases.add(add("3% hang", 60, 485, () -> hangs(0.03).before(takes(0.02))).wanting(500));
    cases.add(
        add("3% hang", 60, 2776 * 0.97, () -> hangs(0.03).before(takes(0.0005)))
            .wanting(2776)
            .reaching(0.9));
    cases.add(
        add("50% always 500", 600, 4, () -> poison(0.5, ERROR, 0.01).before(takes(0.02)))
            .wanting(8));
    cases.add(
        add("5% always 503", 1800, 95, () -> poison(0.05, UNAVAILABLE, 0.01).before(takes(0.02)))
            .wanting(100));
    cases.add(
        add("5% always 503", 3600, 2.85, () -> poison(0.05, UNAVAILABLE, 0.01).before(takes(0.02)))
            .wanting(3));
  }

  private void down() {
    cases.add(
        add(
                "refused for 60 s",
                150,
                2000,
                () -> outage(20, 80, NO_ANSWER, 0.001).before(queue(8, 0.004, 0.001)))
            .from(90));
    cases.add(
        add(
                "503 for 10 min, then 503 beyond 400/s",
                700,
                400,
                () ->
                    until(
                        620,
                        outage(20, 620, UNAVAILABLE, 0.01).before(takes(0.02)),
                        bucket(400, 400, UNAVAILABLE, 0, 0.01).before(takes(0.02))))
            .from(630));
    cases.add(
        add(
                "hangs for an hour, then 50 ms",
                3640,
                after(0.05),
                () -> outage(20, 3620, TIMEOUT, BACKLOG).before(takes(0.045, 0.055)))
            .from(3630));
    cases.add(
        add(
                "503 for 2 min, then 2 workers of 40 ms",
                200,
                50,
                () ->
                    until(
                        140,
                        outage(20, 140, UNAVAILABLE, 0.01).before(takes(0.02)),
                        queue(2, 0.04, 0.005)))
            .from(150));
    cases.add(
        add("refused for 3 of 30 s", 300, 90, () -> pauses().before(takes(0.02))).wanting(100));
  }
}
