package io.dromedary.delivery.flow;

import static io.dromedary.delivery.flow.SimulatedReceiver.bucket;
import static io.dromedary.delivery.flow.SimulatedReceiver.fixedWindow;
import static io.dromedary.delivery.flow.SimulatedReceiver.hangs;
import static io.dromedary.delivery.flow.SimulatedReceiver.poison;
import static io.dromedary.delivery.flow.SimulatedReceiver.queue;
import static io.dromedary.delivery.flow.SimulatedReceiver.random;
import static io.dromedary.delivery.flow.SimulatedReceiver.slidingWindow;
import static io.dromedary.delivery.flow.SimulatedReceiver.takes;
import static io.dromedary.delivery.flow.SimulatedReceiver.takesAbout;

import io.dromedary.delivery.flow.Signal.Kind;
import java.util.Locale;
import java.util.Random;

/** Random receivers, none of which ever stops accepting for long. */
final class RandomReceivers {

  private static final double COST = 25e-6;
  private static final double TIMEOUT = 5;

  private RandomReceivers() {}

  /** Returns the receiver of a seed, for a simulation of so many seconds. */
  static FlowCase of(long seed, double duration) {
    Random random = new Random(seed * 0x9E3779B97F4A7C15L);
    int most = (int) between(random, 32, 2000);
    double failing = random.nextInt(3) > 0 ? 0 : random.nextDouble() * 0.4;
    double hanging = random.nextInt(4) > 0 ? 0 : random.nextDouble() * 0.03;
    double poisoned = random.nextInt(4) > 0 ? 0 : random.nextDouble() * 0.1;
    Kind[] failures = {Kind.UNAVAILABLE, Kind.ERROR, Kind.NO_ANSWER};
    Kind failure = failures[random.nextInt(failures.length)];
    double latency = between(random, 0.001, 0.5);
    int rate = (int) between(random, 20, 1000);
    int limit = random.nextInt(5);
    int shape = random.nextInt(4);
    boolean isThrottled = random.nextBoolean();
    double retryAfter = random.nextBoolean() ? 1 : 0;
    double demand = random.nextInt(3) == 0 ? rate * (0.3 + random.nextDouble()) : 1e9;
    int workers = 1 + random.nextInt(20);
    double good = (1 - failing) * (1 - poisoned) * (1 - hanging);
    double room = 3 * most / (latency * 1.2 + hanging * TIMEOUT);
    double bound = Math.min(Math.min(most / latency, room), 1 / COST);
    double takes = shape == 3 ? workers / latency : bound;
    double perfect = Math.min(Math.min(takes, limit < 3 ? rate / good : takes), demand) * good;
    // Cases that take long to simulate get a lower demand.
    double wanted = Math.min(demand, Math.min(2000, 3 * perfect));
    boolean isBacklog = demand >= 1e9 && perfect < 600;
    String name =
        String.format(
            Locale.ROOT,
            "seed %d: %s, %.0f%% %s, %.1f%% hang, %.0f%% poison, %.0f ms, %d workers, wanted %.0f/s,"
                + " %d in flight",
            seed,
            limit < 3
                ? (isThrottled ? "429" : "503") + " beyond " + rate + "/s (" + limit + ")"
                : "no limit",
            failing * 100,
            failure,
            hanging * 100,
            poisoned * 100,
            latency * 1000,
            shape == 3 ? workers : 0,
            isBacklog ? Double.POSITIVE_INFINITY : wanted,
            most);
    return new FlowCase(
        name,
        () -> {
          SimulatedReceiver receiver =
              switch (shape) {
                case 0 -> takes(latency);
                case 1 -> takes(latency / 2, latency * 1.5);
                case 2 -> takesAbout(latency);
                default -> queue(workers, latency, 0.001);
              };
          Kind answer = isThrottled ? Kind.THROTTLED : Kind.UNAVAILABLE;
          receiver =
              switch (limit) {
                case 0 -> bucket(rate, rate, answer, retryAfter, 0.005).before(receiver);
                case 1 -> fixedWindow(rate, 1, answer, retryAfter > 0, 0.005).before(receiver);
                case 2 -> slidingWindow(rate, 1, false, answer, retryAfter, 0.005).before(receiver);
                default -> receiver;
              };
          receiver = hangs(hanging).before(receiver);
          receiver = poison(poisoned, failure, 0.01).before(receiver);
          return random(failing, failure, 0.01).before(receiver);
        },
        most,
        isBacklog ? Double.POSITIVE_INFINITY : wanted,
        COST,
        duration,
        Math.min(perfect, wanted * good),
        0,
        0.6,
        1);
  }

  private static double between(Random random, double least, double most) {
    return least * Math.pow(most / least, random.nextDouble());
  }
}
