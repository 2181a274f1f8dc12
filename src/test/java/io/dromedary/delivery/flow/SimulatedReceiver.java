package io.dromedary.delivery.flow;

import io.dromedary.delivery.flow.Signal.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.PriorityQueue;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A receiver on a virtual clock, composed of stages. Each stage answers an attempt or passes it on
 * to the next one. All times are in seconds.
 */
interface SimulatedReceiver {

  /**
   * The answer to an attempt that arrives at {@code now}, and the time from its arrival to the
   * answer.
   */
  record Answer(Kind kind, double after, double retryAfter) {
    static Answer accepted(double after) {
      return new Answer(Kind.ACCEPTED, after, 0);
    }

    /** Never answers. */
    static Answer never() {
      return new Answer(Kind.TIMEOUT, Double.POSITIVE_INFINITY, 0);
    }
  }

  Answer answer(long event, double now, Random random);

  /** A stage that returns null to pass the attempt on. */
  interface Stage {
    @Nullable Answer refuse(long event, double now, Random random);

    default SimulatedReceiver before(SimulatedReceiver next) {
      return (event, now, random) -> {
        Answer answer = refuse(event, now, random);
        return answer == null ? next.answer(event, now, random) : answer;
      };
    }
  }

  /** Answers any number of attempts, each after a time between two bounds. */
  static SimulatedReceiver takes(double from, double to) {
    return (event, now, random) -> Answer.accepted(from + (to - from) * random.nextDouble());
  }

  static SimulatedReceiver takes(double seconds) {
    return takes(seconds, seconds);
  }

  /** Answers most attempts at once and some late, by an exponential distribution. */
  static SimulatedReceiver takesAbout(double mean) {
    return (event, now, random) ->
        Answer.accepted(mean * (0.2 - 0.8 * Math.log(1 - random.nextDouble())));
  }

  /**
   * Has so many workers, each of which needs some time per event. Events are processed in order of
   * arrival, even those whose attempts have timed out.
   */
  static SimulatedReceiver queue(int workers, double service, double network) {
    PriorityQueue<Double> free = new PriorityQueue<>();
    for (int i = 0; i < workers; i++) {
      free.add(0.0);
    }
    return (event, now, random) -> {
      double begin = Math.max(now + network / 2, free.remove());
      double end = begin + service * (0.5 + random.nextDouble());
      free.add(end);
      return Answer.accepted(end + network / 2 - now);
    };
  }

  /** Fails a random share of the attempts. */
  static Stage random(double share, Kind kind, double after) {
    return (event, now, random) -> random.nextDouble() < share ? new Answer(kind, after, 0) : null;
  }

  /** Fails a share of the events, always the same ones. */
  static Stage poison(double share, Kind kind, double after) {
    return (event, now, random) -> isChosen(event, share) ? new Answer(kind, after, 0) : null;
  }

  /** Never answers a share of the events, always the same ones. */
  static Stage hangs(double share) {
    return (event, now, random) -> isChosen(event, share) ? Answer.never() : null;
  }

  static boolean isChosen(long event, double share) {
    return ((event * 0x9E3779B97F4A7C15L) >>> 11) * 0x1.0p-53 < share;
  }

  /** Fails all attempts in a period. */
  static Stage outage(double from, double to, Kind kind, double after) {
    return (event, now, random) -> now >= from && now < to ? new Answer(kind, after, 0) : null;
  }

  /** Fails all attempts in three seconds of every thirty. */
  static Stage pauses() {
    return (event, now, random) -> now % 30 > 27 ? new Answer(Kind.NO_ANSWER, 0.001, 0) : null;
  }

  /** Limits the rate by a token bucket. */
  static Stage bucket(double rate, double burst, Kind kind, double retryAfter, double after) {
    return new Stage() {
      private double tokens = burst;
      private double filled;

      @Override
      public @Nullable Answer refuse(long event, double now, Random random) {
        tokens = Math.min(burst, tokens + (now - filled) * rate);
        filled = now;
        if (tokens >= 1) {
          tokens--;
          return null;
        }
        return new Answer(kind, after, retryAfter);
      }
    };
  }

  /** Limits the rate by fixed windows; {@code Retry-After} says when the next one begins. */
  static Stage fixedWindow(int most, double window, Kind kind, boolean says, double after) {
    return new Stage() {
      private long current = -1;
      private int taken;

      @Override
      public @Nullable Answer refuse(long event, double now, Random random) {
        long index = (long) Math.floor(now / window);
        if (index != current) {
          current = index;
          taken = 0;
        }
        if (taken < most) {
          taken++;
          return null;
        }
        return new Answer(kind, after, says ? Math.ceil((index + 1) * window - now) : 0);
      }
    };
  }

  /**
   * Limits the rate by a sliding window; one that penalises also counts the attempts it refuses.
   */
  static Stage slidingWindow(
      int most, double window, boolean penalises, Kind kind, double retryAfter, double after) {
    Deque<Double> taken = new ArrayDeque<>();
    return (event, now, random) -> {
      while (!taken.isEmpty() && taken.getFirst() <= now - window) {
        taken.removeFirst();
      }
      boolean isFull = taken.size() >= most;
      if (!isFull || penalises) {
        taken.addLast(now);
        if (taken.size() > most) {
          taken.removeFirst();
        }
      }
      return isFull ? new Answer(kind, after, retryAfter) : null;
    };
  }

  /** Limits the attempts at a time; the next stage decides how long each takes. */
  static SimulatedReceiver atMost(int most, Kind kind, double after, SimulatedReceiver next) {
    PriorityQueue<Double> ends = new PriorityQueue<>();
    return (event, now, random) -> {
      while (!ends.isEmpty() && ends.element() <= now) {
        ends.remove();
      }
      if (ends.size() >= most) {
        return new Answer(kind, after, 0);
      }
      Answer answer = next.answer(event, now, random);
      ends.add(now + Math.min(answer.after(), 60));
      return answer;
    };
  }

  /** Behaves as one receiver until an instant and as another from then on. */
  static SimulatedReceiver until(double instant, SimulatedReceiver first, SimulatedReceiver then) {
    return (event, now, random) -> (now < instant ? first : then).answer(event, now, random);
  }
}
