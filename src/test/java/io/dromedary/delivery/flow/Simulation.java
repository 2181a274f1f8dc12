package io.dromedary.delivery.flow;

import io.dromedary.delivery.flow.Signal.Kind;
import io.dromedary.delivery.flow.SimulatedReceiver.Answer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A sender with one webhook, on a virtual clock. Events come at a rate or wait in a backlog, and
 * fresh ones go first. Failed ones are retried after 1 s, 2 s, and so on up to 10 minutes.
 */
final class Simulation {

  /** The number of processors that attempts use. */
  private static final int PROCESSORS = 2;

  private static final double TIMEOUT = 5;

  /** The counts of one second. */
  static final class Second {
    int sent;
    int accepted;
    int answered;
    int refused;
    int failed;
    int limit;
    double rate;
    FlowState.Kind state = FlowState.Kind.UP;
  }

  private record Due(
      double at,
      long order,
      @Nullable Permit permit,
      @Nullable Answer answer,
      long event,
      int attempts) {}

  private record Waiting(double due, long event, int attempts) {}

  private final SimulatedReceiver receiver;
  private final double demand;
  private final double cost;
  private final Random random;
  private final FlowControl flow;

  private final PriorityQueue<Due> agenda =
      new PriorityQueue<>(
          (a, b) -> a.at != b.at ? Double.compare(a.at, b.at) : Long.compare(a.order, b.order));
  private final PriorityQueue<Waiting> retries =
      new PriorityQueue<>((a, b) -> Double.compare(a.due, b.due));
  private final double[] processors = new double[PROCESSORS];
  private final Second[] seconds;
  private double now;
  private long order;
  private long events;
  private double nextArrival;
  private final Deque<Double> fresh = new ArrayDeque<>();
  private final double duration;
  private double wakeAt = Double.POSITIVE_INFINITY;
  private int turn;
  private int inFlight;
  private int mostInFlight;
  private double longestSilence;
  private double lastAccepted;

  /**
   * Creates a sender.
   *
   * @param demand events per second; infinity for an endless backlog
   * @param cost processor time per attempt of the sender, in seconds
   */
  Simulation(
      SimulatedReceiver receiver,
      FlowSettings settings,
      double demand,
      double cost,
      double duration,
      long seed) {
    this.receiver = receiver;
    this.demand = demand;
    this.cost = cost;
    this.duration = duration;
    this.random = new Random(seed);
    this.seconds = new Second[(int) Math.ceil(duration) + 1];
    for (int i = 0; i < seconds.length; i++) {
      seconds[i] = new Second();
    }
    this.flow = new FlowControl(settings, () -> (long) (now * 1e9));
  }

  List<Second> run() {
    nextArrival = Double.isInfinite(demand) ? Double.POSITIVE_INFINITY : gap();
    pump();
    int second = 0;
    while (now < duration) {
      Due next = agenda.peek();
      double at = Math.min(next == null ? Double.POSITIVE_INFINITY : next.at, wakeAt);
      at = Math.min(at, nextArrival);
      if (!retries.isEmpty() && retries.element().due > now) {
        at = Math.min(at, retries.element().due);
      }
      if (at >= duration) {
        break;
      }
      now = Math.max(now, at);
      while (second < (int) now) {
        note(second++);
      }
      if (now >= wakeAt) {
        wakeAt = Double.POSITIVE_INFINITY;
      }
      while (nextArrival <= now) {
        fresh.addLast(nextArrival);
        nextArrival += gap();
      }
      while (!agenda.isEmpty() && agenda.element().at <= now) {
        end(agenda.remove());
      }
      pump();
    }
    now = duration;
    while (second < (int) duration) {
      note(second++);
    }
    longestSilence = Math.max(longestSilence, duration - lastAccepted);
    return List.of(seconds);
  }

  /** Returns the longest time between two acceptances, in seconds. */
  double longestSilence() {
    return longestSilence;
  }

  int mostInFlight() {
    return mostInFlight;
  }

  private double gap() {
    return -Math.log(1 - random.nextDouble()) / demand;
  }

  private void note(int second) {
    FlowState state = flow.state();
    seconds[second].limit = state.limit();
    seconds[second].rate = state.ratePerSecond();
    seconds[second].state = state.kind();
  }

  private boolean hasFresh() {
    return Double.isInfinite(demand) || !fresh.isEmpty();
  }

  private boolean hasRetry() {
    return !retries.isEmpty() && retries.element().due <= now;
  }

  private void pump() {
    while (true) {
      boolean isRetryFirst = turn % 4 == 3;
      boolean sent = isRetryFirst ? sendRetry() || sendFresh() : sendFresh() || sendRetry();
      if (!sent) {
        break;
      }
      turn++;
    }
    if (hasFresh() || hasRetry()) {
      long wait = flow.nanosUntilNext(!hasFresh());
      if (wait != Long.MAX_VALUE) {
        // Timers are late.
        double at = now + Math.max(wait * 1e-9, 20e-6) + random.nextDouble() * 1e-3;
        wakeAt = Math.min(wakeAt, at);
      }
    }
  }

  private boolean sendFresh() {
    if (!hasFresh()) {
      return false;
    }
    Permit permit = flow.tryAcquire(events, false);
    if (permit == null) {
      return false;
    }
    if (!fresh.isEmpty()) {
      fresh.removeFirst();
    }
    send(permit, events++, 0);
    return true;
  }

  private boolean sendRetry() {
    if (!hasRetry()) {
      return false;
    }
    Permit permit = flow.tryAcquire(retries.element().event, true);
    if (permit == null) {
      return false;
    }
    Waiting next = retries.remove();
    send(permit, next.event, next.attempts);
    return true;
  }

  private void send(Permit permit, long event, int attempts) {
    second(now).sent++;
    inFlight++;
    mostInFlight = Math.max(mostInFlight, inFlight);
    double arrival = now;
    if (cost > 0) {
      int free = processors[0] <= processors[1] ? 0 : 1;
      double begin = Math.max(now, processors[free]);
      double behind = (begin - now) / cost * PROCESSORS;
      // Attempts cost more when their data does not fit into the processor's caches.
      double dearer = cost < 50e-6 ? 0 : Math.min(1, behind / 200);
      arrival = begin + cost * (1 + dearer) * (0.8 + 0.4 * random.nextDouble());
      processors[free] = arrival;
    }
    Answer answer = receiver.answer(event, arrival, random);
    double end = Math.min(arrival + answer.after(), now + TIMEOUT);
    if (answer.after() > TIMEOUT) {
      answer = Answer.never();
    }
    agenda.add(new Due(end, order++, permit, answer, event, attempts));
  }

  private void end(Due due) {
    Answer answer = due.answer;
    inFlight--;
    Kind kind = answer.kind();
    due.permit.ended(new Signal(kind, (long) (answer.retryAfter() * 1e9), kind.name()));
    Second second = second(now);
    if (kind == Kind.ACCEPTED) {
      second.accepted++;
      longestSilence = Math.max(longestSilence, now - lastAccepted);
      lastAccepted = now;
    } else if (kind != Kind.REJECTED) {
      if (kind == Kind.THROTTLED || kind == Kind.UNAVAILABLE) {
        second.refused++;
      } else {
        second.failed++;
      }
      int attempts = due.attempts + 1;
      double wait = Math.min(600, Math.pow(2, attempts - 1)) * (0.8 + 0.2 * random.nextDouble());
      wait = Math.max(wait, answer.retryAfter());
      retries.add(new Waiting(now + wait, due.event, attempts));
    }
  }

  private Second second(double at) {
    return seconds[(int) at];
  }
}
