package io.dromedary.crash;

import io.dromedary.testing.Answer;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.util.BitSet;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A webhook that remembers by a bit which of millions of events it has accepted. Thread-safe. */
final class SoakWebhook implements AutoCloseable {

  private static final Pattern EVENT =
      Pattern.compile("\"messageId\":\"" + Clients.ID_PREFIX + "(\\d+)\"");

  private final Receiver receiver = Receiver.start().keepNothing().answerBy(this::choose);
  private final BitSet accepted = new BitSet();
  private final LongAdder again = new LongAdder();
  private volatile Answer answer = Answer.status(200);
  private volatile boolean accepts = true;

  String url() {
    return receiver.url("/hook");
  }

  /** From now on accepts, maybe late. */
  void accept(Answer by) {
    answer = by;
    accepts = true;
  }

  /** From now on answers so, and accepts nothing. */
  void refuse(Answer by) {
    accepts = false;
    answer = by;
  }

  /** Is not there. */
  void vanish() {
    receiver.pause();
  }

  void comeBack() {
    receiver.resume();
  }

  private Answer choose(Request request) {
    Answer now = answer;
    return accepts ? now.then(() -> accepted(request)) : now;
  }

  private void accepted(Request request) {
    Matcher id = EVENT.matcher(request.text());
    while (id.find()) {
      int event = Integer.parseInt(id.group(1));
      synchronized (accepted) {
        if (accepted.get(event)) {
          again.increment();
        }
        accepted.set(event);
      }
    }
  }

  /** How many events have been accepted. */
  int count() {
    synchronized (accepted) {
      return accepted.cardinality();
    }
  }

  /** How often an event was accepted again. */
  long again() {
    return again.sum();
  }

  /** Those of the events that have not been accepted. */
  BitSet missing(BitSet of) {
    BitSet missing = (BitSet) of.clone();
    synchronized (accepted) {
      missing.andNot(accepted);
    }
    return missing;
  }

  @Override
  public void close() {
    receiver.close();
  }
}
