package io.dromedary.event;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What one message brought: events and what was no event, in their order. Not thread-safe. */
public final class ReadResult {

  private final List<Object> all = new ArrayList<>();
  private final List<RejectedEvent> rejected = new ArrayList<>();
  private final Set<String> writeKeys = new LinkedHashSet<>();
  private int accepted;
  private boolean single;

  void accept(Event event) {
    all.add(event);
    accepted++;
  }

  /** Notes an event that its sender does not want at webhooks: taken, and dropped. */
  void filter() {
    accepted++;
  }

  void reject(RejectedEvent event) {
    all.add(event);
    rejected.add(event);
  }

  void writeKey(String key) {
    writeKeys.add(key);
  }

  /** The {@link Event}s and {@link RejectedEvent}s in their order. */
  public List<Object> all() {
    return all;
  }

  /** What becomes a dead letter. */
  List<RejectedEvent> rejected() {
    return rejected;
  }

  /** How many events were taken, those included that are not to be delivered. */
  int accepted() {
    return accepted;
  }

  /** Notes that the message was one event and no batch. */
  void single() {
    single = true;
  }

  /** Whether the message was one event, and that was none. */
  boolean isSingleRejected() {
    return single && !rejected.isEmpty();
  }

  /** How many events there were. */
  int count() {
    return accepted + rejected.size();
  }

  /** The write keys in the body. */
  Set<String> writeKeys() {
    return writeKeys;
  }
}
