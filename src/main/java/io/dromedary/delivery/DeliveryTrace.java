package io.dromedary.delivery;

import io.dromedary.outbox.Claim;
import io.dromedary.tracing.OpenSpan;
import io.dromedary.tracing.Spans;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tracing spans of a delivery's rounds. The first round of an event that is handed on straight
 * from its commit belongs to the trace in which the event was stored. Any other round begins a
 * trace of its own, with links to the spans that stored its events and to the previous round.
 * Confined to the same thread as its {@link Delivery}.
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
   * Returns the trace of a single event, or null if it is not traced.
   *
   * @param before the result of {@link #before} after the last round, or null
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

  /** Returns the trace of a batch, or null if none of its events is traced. */
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

  /** Returns the last recorded round as text, or null if there is none. */
  @Nullable String before() {
    return before == null ? null : HexFormat.of().formatHex(before);
  }

  /**
   * Begins the span of a round.
   *
   * @param number the number of the round, from 1
   */
  void begin(int number) {
    // A lost exchange may have left a span open.
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

  /** Begins the span of an attempt in the round; null if the round is not recorded. */
  @Nullable OpenSpan attempt(String webhook, int number) {
    OpenSpan in = round;
    return in == null ? null : spans.attempt(in, events, webhook, number - 1);
  }

  /** Ends the span of a successful round. */
  void end() {
    OpenSpan ended = round;
    if (ended != null) {
      round = null;
      ended.end();
    }
  }

  /** Ends the span of a failed round. Does nothing if it has already ended. */
  void fail(String type, String why) {
    OpenSpan ended = round;
    if (ended != null) {
      round = null;
      ended.fail(type, why);
    }
  }
}
