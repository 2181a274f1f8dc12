package io.dromedary.delivery;

import io.dromedary.outbox.Claim;
import io.dromedary.tracing.OpenSpan;
import io.dromedary.tracing.Spans;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The spans of a delivery's rounds. The first round of an event that comes straight from its commit
 * is a part of the trace in which it was stored. Any other begins a trace of its own, with links to
 * the spans by which its events were stored and to the round before. Confined as its {@link
 * Delivery} is.
 */
final class DeliveryTrace {

  private final Spans spans;
  private final Spans.Events events;
  private final List<byte[]> sent;
  private final boolean isHandedOn;
  private byte @Nullable [] before;
  private @Nullable OpenSpan round;

  private DeliveryTrace(
      Spans spans,
      Spans.Events events,
      List<byte[]> sent,
      boolean isHandedOn,
      byte @Nullable [] before) {
    this.spans = spans;
    this.events = events;
    this.sent = sent;
    this.isHandedOn = isHandedOn;
    this.before = before;
  }

  /**
   * The trace of a single event, or null if it is not traced.
   *
   * @param before what {@link #before} said of the last round, or null
   */
  static @Nullable DeliveryTrace of(
      @Nullable Spans spans, Claim claim, int attempts, @Nullable String before) {
    byte[] sent = spans == null ? null : claim.event().trace();
    if (spans == null || sent == null) {
      return null;
    }
    return new DeliveryTrace(
        spans,
        new Spans.Events(claim.destination(), 1, claim.event().messageId()),
        List.of(sent),
        claim.isHandedOn() && attempts == 0,
        read(before));
  }

  /** The trace of a batch, or null if none of its events is traced. */
  static @Nullable DeliveryTrace of(List<Delivery> singles) {
    DeliveryTrace any = null;
    List<byte[]> sent = new ArrayList<>();
    for (Delivery single : singles) {
      DeliveryTrace trace = single.trace();
      if (trace != null) {
        any = trace;
        sent.addAll(trace.sent);
        if (trace.before != null) {
          sent.add(trace.before);
        }
      }
    }
    if (any == null || singles.size() == 1) {
      return any;
    }
    String first = singles.get(0).events().get(0).messageId();
    return new DeliveryTrace(
        any.spans,
        new Spans.Events(any.events.destination(), singles.size(), first),
        sent,
        false,
        null);
  }

  private static byte @Nullable [] read(@Nullable String hex) {
    try {
      return hex == null ? null : HexFormat.of().parseHex(hex);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** The last round that was seen, as text; null if there is none. */
  @Nullable String before() {
    return before == null ? null : HexFormat.of().formatHex(before);
  }

  /**
   * Begins the span of a round.
   *
   * @param number of the round, from 1
   */
  void begin(int number) {
    // One that a lost exchange has left.
    fail("lost", "the round has not ended");
    List<byte[]> links = new ArrayList<>(sent);
    if (before != null) {
      links.add(before);
    }
    boolean isChild = isHandedOn && number == 1;
    OpenSpan begun =
        spans.process(events, isChild ? sent.get(0) : null, isChild ? List.of() : links);
    byte[] known = begun.toBytes();
    if (known != null) {
      before = known;
      round = begun;
    }
  }

  /** Begins the span of an attempt in the round; null if the round is not seen. */
  @Nullable OpenSpan attempt(String webhook, int number) {
    OpenSpan in = round;
    return in == null ? null : spans.attempt(in, events, webhook, number - 1);
  }

  /** Ends the span of a round that has succeeded. */
  void end() {
    OpenSpan ended = round;
    if (ended != null) {
      round = null;
      ended.end();
    }
  }

  /** Ends the span of a round that has failed; does nothing where it has ended. */
  void fail(String type, String why) {
    OpenSpan ended = round;
    if (ended != null) {
      round = null;
      ended.fail(type, why);
    }
  }
}
