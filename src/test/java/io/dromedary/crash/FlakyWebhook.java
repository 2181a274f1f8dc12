package io.dromedary.crash;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A webhook that fails at random, in ways that all pass, until it is told to be healthy. One that
 * is choosy also rejects some events for good, always the same ones.
 */
final class FlakyWebhook implements AutoCloseable {

  /** How a webhook behaves: how many of a hundred attempts it fails, and whether it is choosy. */
  record Manner(int failedPercent, boolean isChoosy) {

    static final Manner STEADY = new Manner(0, false);
    static final Manner FLAKY = new Manner(10, false);
    static final Manner BAD = new Manner(30, true);
  }

  /** A whole attempt may take so long. */
  static final Duration TIMEOUT = Duration.ofMillis(500);

  private static final Answer TOO_LATE = Answer.status(200).after(TIMEOUT.plusMillis(100));
  private static final Answer TRY_LATER = Answer.status(503).header("Retry-After", "1");
  private static final Pattern EVENT =
      Pattern.compile("\"messageId\":\"" + Clients.ID_PREFIX + "(\\d+)\"");

  private final int number;
  private final Manner manner;
  private final Ledger ledger;
  private final Random random;
  private final Receiver receiver = Receiver.start().countOnly();

  /** The acceptance that each connection ends with so far. */
  private final Map<Integer, Acceptance> last = new ConcurrentHashMap<>();

  private volatile boolean healthy;

  FlakyWebhook(int number, Manner manner, Ledger ledger, long seed) {
    this.number = number;
    this.manner = manner;
    this.ledger = ledger;
    random = new Random(seed);
    receiver.answerBy(this::choose);
  }

  String url() {
    return receiver.url("/hook-" + number);
  }

  /** From now on accepts whatever comes. */
  void recover() {
    healthy = true;
  }

  private Answer choose(Request request) {
    Acceptance previous = last.remove(request.connection());
    if (previous != null) {
      previous.markRead();
    }
    long arrivedNanos = System.nanoTime();
    Matcher id = EVENT.matcher(request.text());
    if (!id.find()) {
      ledger.surprise("a webhook got " + request);
      return Answer.status(200);
    }
    int event = Integer.parseInt(id.group(1));
    ledger.arrived(event);
    if (manner.isChoosy() && Ledger.isUnwanted(event)) {
      ledger.rejected(event);
      return Answer.status(400);
    }
    boolean fails = !healthy && random.nextInt(100) < manner.failedPercent();
    int way = fails ? random.nextInt(10) : 10;
    if (way < 3) {
      return Answer.reset();
    } else if (way < 4) {
      return TRY_LATER;
    } else if (way < 8) {
      return Answer.status(500);
    }
    // Noted once it is written: before, it is none.
    Answer answer = fails ? TOO_LATE : Answer.status(200);
    return answer.then(() -> accept(request, event, arrivedNanos));
  }

  private void accept(Request request, int event, long arrivedNanos) {
    Acceptance acceptance = new Acceptance(Node.life(request), arrivedNanos);
    last.put(request.connection(), acceptance);
    ledger.accepted(number, event, acceptance);
  }

  @Override
  public void close() {
    receiver.close();
  }
}
