package io.dromedary.event;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The events and rejected events of one message, in their order. Not thread-safe. */
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

  /** Counts an event that is accepted but not delivered, because no destination is to get it. */
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

  /** The rejected events, which become dead letters. */
  public List<RejectedEvent> rejected() {
    return rejected;
  }

  /** The number of accepted events, including those that are not to be delivered. */
  public int accepted() {
    return accepted;
  }

  /** Records that the message was a single event and not a batch. */
  void single() {
    single = true;
  }

  /** Returns whether the message was a single event, and it was rejected. */
  public boolean isSingleRejected() {
    return single && !rejected.isEmpty();
  }

  /** The number of events, accepted or rejected. */
  public int count() {
    return accepted + rejected.size();
  }

  /** The write keys in the body, of the batch and of its events. */
  public Set<String> writeKeys() {
    return writeKeys;
  }
}
