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

/** A webhook that fails at random, in ways that all pass, until it is told to be healthy. */
final class FlakyWebhook implements AutoCloseable {

  /** A whole attempt may take so long. */
  static final Duration TIMEOUT = Duration.ofMillis(500);

  private static final Answer TOO_LATE = Answer.status(200).after(TIMEOUT.plusMillis(100));
  private static final Answer TRY_LATER = Answer.status(503).header("Retry-After", "1");
  private static final Pattern EVENT =
      Pattern.compile("\"messageId\":\"" + Clients.ID_PREFIX + "(\\d+)\"");

  private final int number;
  private final Ledger ledger;
  private final Random random;
  private final Receiver receiver = Receiver.start().countOnly();

  /** The acceptance that each connection ends with so far. */
  private final Map<Integer, Acceptance> last = new ConcurrentHashMap<>();

  private volatile boolean healthy;

  FlakyWebhook(int number, Ledger ledger, long seed) {
    this.number = number;
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
    Matcher id = EVENT.matcher(request.text());
    if (!id.find()) {
      ledger.surprise("a webhook got " + request);
      return Answer.status(200);
    }
    int event = Integer.parseInt(id.group(1));
    ledger.arrived(event);
    int percent = healthy ? 0 : random.nextInt(100);
    if (percent < 92) {
      // Noted once it is written: before, it is none.
      return (percent < 90 ? Answer.status(200) : TOO_LATE).then(() -> accept(request, event));
    } else if (percent < 95) {
      return Answer.reset();
    } else if (percent < 96) {
      return TRY_LATER;
    }
    return Answer.status(500);
  }

  private void accept(Request request, int event) {
    Acceptance acceptance = new Acceptance(Node.life(request));
    last.put(request.connection(), acceptance);
    ledger.accepted(number, event, acceptance);
  }

  @Override
  public void close() {
    receiver.close();
  }
}
