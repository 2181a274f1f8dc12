package io.dromedary.tracking;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.dromedary.event.DestinationChoice;
import io.dromedary.event.Event;
import io.dromedary.event.EventReader;
import io.dromedary.event.EventType;
import io.dromedary.event.InvalidEventException;
import io.dromedary.event.ReadResult;
import io.dromedary.event.RejectedEvent;
import io.dromedary.http.RawBodies;
import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonStringify;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Reads any body of the tracking API, in any encoding. Either it is refused with a known error, or
 * each of its elements is accepted, filtered or rejected once, and accepted events have their final
 * form. Time and memory are bounded.
 */
class BodiesFuzzTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final DestinationChoice TO_ALL =
      new DestinationChoice(
          List.of(
              new DestinationChoice.Candidate(
                  "default", Set.of(EventType.values()), List.of(), true)));

  private enum Packed {
    NOT("identity"),
    NOT_AT_ALL(null),
    GZIP("gzip"),
    DEFLATE("deflate"),
    /** The raw bytes are the body, since a fuzzer hardly ever finds a valid checksum. */
    RAW_GZIP("x-gzip"),
    RAW_DEFLATE("deflate"),
    TWICE("gzip"),
    UNKNOWN("br");

    final @Nullable String encoding;

    Packed(@Nullable String encoding) {
      this.encoding = encoding;
    }
  }

  /** The method that reads the text. */
  private enum Reading {
    BATCH,
    EVENT,
    ANY,
    TRUSTED
  }

  private static final List<Packed> PACKED = List.of(Packed.values());
  private static final List<Reading> READINGS = List.of(Reading.values());

  /** A byte for the encoding, one for the method that reads it, and the body. */
  static Stream<byte[]> seeds() {
    String event =
        "{\"type\":\"track\",\"event\":\"e\",\"userId\":\"u\",\"messageId\":\"m\",\"writeKey\":\"k\","
            + "\"timestamp\":\"2026-01-01T00:00:00.000Z\",\"sentAt\":\"2026-01-01T00:00:01.000Z\"}";
    String alias = "{\"type\":\"alias\",\"User ID\":1.50,\"Previous ID\":\"\\ud800\"}";
    String batch =
        "{\"batch\":["
            + event
            + ","
            + alias
            + ",7],\"context\":{\"a\":{\"1\":2,\"0\":1}},"
            + "\"integrations\":{\"All\":false,\"Webhooks\":true},\"sentAt\":\"2026-01-01T00:00:00Z\"}";
    return Stream.of(
        seed(Packed.NOT, Reading.EVENT, event),
        seed(Packed.NOT, Reading.BATCH, batch),
        seed(Packed.GZIP, Reading.BATCH, batch),
        seed(Packed.DEFLATE, Reading.BATCH, batch),
        seed(Packed.TWICE, Reading.ANY, batch),
        seed(Packed.NOT, Reading.ANY, "[" + event + "," + event + "]"),
        seed(Packed.NOT_AT_ALL, Reading.ANY, event + "\n{\"type\":\n" + event + "\r\n\n"),
        seed(Packed.NOT, Reading.TRUSTED, "[{\"type\":\"page\",\"userId\":\"\\u0001\"}]"),
        seed(
            Packed.NOT, Reading.BATCH, batch.replace("7", "{\"a\":[NaN,\"},{\"],\"b\":-Infinity}")),
        seed(Packed.NOT, Reading.BATCH, "{\"batch\":[NaN," + event + ",Infinity,{\"a\":NaNN}]}"),
        seed(Packed.NOT, Reading.TRUSTED, "{\"a\":NaN}\n[{\"a\":NaN}," + event + "]\n" + event),
        seed(Packed.GZIP, Reading.BATCH, "{\"batch\":[\3{\"a\":NaN},\2{}]}"),
        seed(Packed.GZIP, Reading.ANY, "[{\"a\":[\3-Infinity,\2NaN]}," + event + "]"),
        // Long ones: byte 1 becomes a long string, byte 2 repeats the text since byte 3.
        seed(Packed.GZIP, Reading.BATCH, "{\"context\":{\"a\":\"\1\"},\"batch\":[\3{},\2{}]}"),
        seed(Packed.GZIP, Reading.ANY, "\3" + event + "\n\2"),
        seed(Packed.NOT, Reading.TRUSTED, "[\3[\2"),
        seed(Packed.NOT, Reading.TRUSTED, "\3:\n{\"type\":\"tra-0\"}\n\n:\n\013\n\0\0\n\2"),
        seed(Packed.NOT, Reading.EVENT, event.replace("\"u\"", "\"\1\1\1\1\1\1\1\"")),
        seed(Packed.UNKNOWN, Reading.BATCH, batch),
        raw(Packed.RAW_GZIP, Encoding.GZIP.of(event)),
        raw(Packed.RAW_DEFLATE, Encoding.DEFLATE.of(event)));
  }

  private static byte[] seed(Packed packed, Reading reading, String text) {
    return join(
        new byte[] {(byte) PACKED.indexOf(packed), (byte) READINGS.indexOf(reading)},
        text.getBytes(UTF_8));
  }

  private static byte[] raw(Packed packed, byte[] body) {
    return join(
        new byte[] {(byte) PACKED.indexOf(packed), (byte) READINGS.indexOf(Reading.EVENT)}, body);
  }

  @MethodSource("seeds")
  @FuzzTest
  void eachElementIsAcceptedOrRejectedOnce(byte[] input) throws IOException {
    if (input.length < 2) {
      return;
    }
    Packed packed = PACKED.get(Math.floorMod(input[0], PACKED.size()));
    Reading reading = READINGS.get(Math.floorMod(input[1], READINGS.size()));
    byte[] rest = Arrays.copyOfRange(input, 2, input.length);
    byte[] text = stretch(rest);
    byte[] body =
        switch (packed) {
          case NOT, NOT_AT_ALL, UNKNOWN -> text;
          case GZIP -> Encoding.GZIP.of(text);
          case DEFLATE -> Encoding.DEFLATE.of(text);
          case RAW_GZIP, RAW_DEFLATE -> rest;
          case TWICE -> {
            int half = text.length / 2;
            yield join(
                Encoding.GZIP.of(Arrays.copyOf(text, half)),
                Encoding.GZIP.of(Arrays.copyOfRange(text, half, text.length)));
          }
        };
    Cost before = Cost.now();
    byte[] unpacked = unpack(packed, body, text);
    ReadResult intake = unpacked == null ? null : read(unpacked, reading);
    if (before.since().isTooMuch()) {
      // A class may have been loaded meanwhile, which is expensive under a fuzzer.
      before = Cost.now();
      byte[] again = unpack(packed, body, text);
      ReadResult unused = again == null ? null : read(again, reading);
      assertThat(before.since()).matches(cost -> !cost.isTooMuch(), "costs not too much");
    }
    if (unpacked != null) {
      checkUnpacked(packed, body, text, unpacked);
    }
    if (intake != null) {
      check(intake, reading, unpacked);
    }
  }

  private static byte @Nullable [] unpack(Packed packed, byte[] body, byte[] text) {
    try {
      return ContentEncoding.decode(body, packed.encoding, RawBodies.MOST_TEXT_BYTES);
    } catch (IOException e) {
      boolean isLong = text.length > RawBodies.MOST_TEXT_BYTES;
      assertThat(packed.name().startsWith("RAW") || packed == Packed.UNKNOWN || isLong)
          .as("is refused: %s", e)
          .isTrue();
      return null;
    }
  }

  private static @Nullable ReadResult read(byte[] text, Reading reading) {
    try {
      return readAs(text, reading);
    } catch (InvalidJsonException | InvalidEventException e) {
      assertThat(e.getMessage()).isNotEmpty().hasSizeLessThan(500);
      return null;
    }
  }

  private static ReadResult readAs(byte[] text, Reading reading)
      throws InvalidJsonException, InvalidEventException {
    AtomicInteger ids = new AtomicInteger();
    EventReader reader =
        new EventReader(
            text,
            NOW,
            reading == Reading.TRUSTED,
            () -> "id-" + ids.incrementAndGet(),
            TO_ALL,
            null);
    return switch (reading) {
      case BATCH -> reader.readBatch();
      case EVENT -> reader.readEvent(EventType.TRACK);
      case ANY, TRUSTED -> reader.readAny();
    };
  }

  private static void checkUnpacked(Packed packed, byte[] body, byte[] text, byte[] unpacked) {
    if (packed == Packed.RAW_GZIP) {
      byte[] byJava = gunzip(body);
      // Java stops after the last valid member, and checks the checksum of headers.
      if (byJava != null) {
        int least = Math.min(byJava.length, unpacked.length);
        assertThat(Arrays.copyOf(unpacked, least)).isEqualTo(Arrays.copyOf(byJava, least));
      }
    } else if (packed != Packed.RAW_DEFLATE) {
      assertThat(unpacked).isEqualTo(text);
    }
  }

  private static byte @Nullable [] gunzip(byte[] body) {
    try {
      return new GZIPInputStream(new ByteArrayInputStream(body)).readNBytes(1024 * 1024);
    } catch (IOException e) {
      return null;
    }
  }

  private static void check(ReadResult intake, Reading reading, byte[] text) throws IOException {
    boolean isTrusted = reading == Reading.TRUSTED;
    if (!isTrusted) {
      assertThat(intake.count()).isLessThanOrEqualTo(EventReader.MOST_BATCH_EVENTS);
    }
    Set<String> ids = new HashSet<>();
    int index = -1;
    long copied = 0;
    for (Object each : intake.all()) {
      if (each instanceof Event event) {
        check(event, isTrusted);
        assertThat(!event.messageId().startsWith("id-") || ids.add(event.messageId()))
            .as("comes once: %s", event)
            .isTrue();
      } else {
        RejectedEvent rejected = (RejectedEvent) each;
        assertThat(rejected.index()).isGreaterThan(index);
        index = rejected.index();
        assertThat(rejected.code()).matches("[a-z_]+").isNotEqualTo("unreadable");
        assertThat(rejected.message()).isNotEmpty().hasSizeLessThan(500);
        copied += rejected.text().length;
      }
    }
    assertThat(copied).as("bytes of rejected events").isLessThanOrEqualTo(text.length);
    int elements = reading == Reading.BATCH ? OtherReader.elements(text) : -1;
    if (elements >= 0) {
      assertThat(intake.count()).isEqualTo(elements);
    }
  }

  private static void check(Event event, boolean isTrusted) throws IOException {
    byte[] json = event.json();
    assertThat(json).hasSizeLessThanOrEqualTo(EventReader.MOST_COMPLETE_BYTES);
    try {
      assertThat(JsonStringify.stringify(json)).as("is a fixed point").isEqualTo(json);
    } catch (InvalidJsonException e) {
      throw new AssertionError("what is accepted is no JSON", e);
    }
    Map<String, String> members = OtherReader.members(json);
    assertThat(members)
        .containsEntry("type", event.type().json())
        .containsEntry("messageId", event.messageId())
        .containsKeys("receivedAt", "timestamp")
        .doesNotContainKey("writeKey");
    if (!isTrusted) {
      assertThat(members).containsEntry("receivedAt", NOW.toString());
    }
    assertThat(event.messageId()).isNotEmpty().hasSizeLessThan(100);
    assertThat(event.acceptedAt()).isEqualTo(NOW);
    assertThat(event.destinations()).containsExactly("default");
  }

  /** Makes a long text: byte 1 becomes 5,000 characters, byte 2 repeats the bytes since byte 3. */
  private static byte[] stretch(byte[] bytes) {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    int mark = 0;
    for (int i = 0; i < bytes.length && text.size() < 2 * RawBodies.MOST_TEXT_BYTES; i++) {
      switch (bytes[i]) {
        case 1 -> text.writeBytes("x".repeat(5_000).getBytes(UTF_8));
        case 2 -> {
          byte[] part = Arrays.copyOfRange(bytes, mark, i);
          for (int n = 0; n < 2_600 && text.size() < 2 * RawBodies.MOST_TEXT_BYTES; n++) {
            text.writeBytes(part);
          }
          mark = i + 1;
        }
        case 3 -> mark = i + 1;
        default -> text.write(bytes[i]);
      }
    }
    return text.toByteArray();
  }

  private static byte[] join(byte[] one, byte[] other) {
    byte[] joined = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, joined, one.length, other.length);
    return joined;
  }
}
