package io.dromedary.event;

import static io.dromedary.testing.Json.json;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.dromedary.json.Utf8;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Reads all forms of messages, files and streams. In the tables, {@code $a} is an event with the id
 * a, {@code /} is a line end and {@code ~/} one of Windows. The results are the ids of events, and
 * the codes of rejected ones.
 */
@Timeout(30)
class EventReaderTest {

  private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.678Z");

  private static final DestinationChoice TO_ALL =
      new DestinationChoice(
          List.of(
              new DestinationChoice.Candidate(
                  "default", Set.of(EventType.values()), List.of(), true)));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # An event
          $a                                                    | a
          /  $a /                                               | a
          {/'type': 'page',/'messageId': 'a',/'userId': 'u'/}   | a
          {'type':'page','userId':'u','messageId':'a','batch':[]} | a
          # An array of events
          [$a,$b]                                               | a b
          [/  $a,/  $b/]/                                       | a b
          [$a,null,$b,[],{}]                                    | a invalid_event b invalid_event invalid_event
          [$a,{'x':NaN},$b]                                     | a invalid_json b
          [NaN,$a,-Infinity,$b,Infinity]                        | invalid_json a invalid_json b invalid_json
          [$a,{'x':[{'y':-Infinity}]} , $b]                     | a invalid_json b
          {'type':'page','userId':'u','x':NaN}                  | invalid_json
          # A batch as the tracking API takes it
          {'batch':[$a,$b]}                                     | a b
          {'batch':[$a,7,$b]}                                   | a invalid_event b
          {/'writeKey': 'w',/'batch': [/$a,/$b/]/}              | a b
          {'batch':[$a,{'x':Infinity},$b],'sentAt':7}           | a invalid_json b
          {'batch':[$a],'context':{'x':NaN}}                    | invalid_json
          {'type':'page','batch':[$a,{'x':NaN}]}                | invalid_json
          # An event a line
          $a/$b                                                 | a b
          $a~/$b~/                                              | a b
          //$a// ~/$b//                                        | a b
          $a/{'type':/$b                                        | a invalid_json b
          $a/'text'/$b/$c $d                                    | a invalid_event b invalid_json
          no JSON/$a                                            | invalid_json a
          $a/{'x':NaN}/$b                                       | a invalid_json b
          {'x':NaN}/{'x':-Infinity}                             | invalid_json invalid_json
          # Nothing of these
          ``                                                    | invalid_json
          ` / `                                                 | invalid_json
          no JSON                                               | invalid_json
          no JSON/at all                                        | invalid_json
          {/'type': 'page',/}                                   | invalid_json
          7                                                     | invalid_event
          []                                                    | empty_batch
          {'batch':[]}                                          | empty_batch
          {'batch':{}}                                          | invalid_event
          """)
  void readsAnEventAnArrayABatchOrLines(String text, String read) {
    assertThat(shown(readAny(bytes(text)).iterator())).isEqualTo(read);
    assertThat(shown(stream(text, EventStream.PIECE_BYTES))).isEqualTo(read);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          # What comes               | why it is none                                                            | what is kept of it
          ``                         | invalid_json: unexpected end of text at byte 0, expected a value          | ``
          no JSON                    | invalid_json: unexpected 'o' at byte 1, expected null                     | no JSON
          {/'a': 1,/}                | invalid_json: unexpected '}' at byte 10, expected a name in double quotes | {/'a': 1,/}
          $a/ {'a' /$b               | invalid_json: unexpected end of text at byte 51, expected ':'             | ` {'a' `
          []                         | empty_batch: expected at least one event, found an empty array            | []
          ` {'batch':[]}`            | empty_batch: expected at least one event, found an empty batch            | ` {'batch':[]}`
          [$a, {'x' : NaN } ]        | invalid_json: unexpected 'N' at byte 54, expected a value                 | {'x' : NaN }
          [$a, {'x':-Infinity,'y':NaN},$b] | invalid_json: unexpected 'I' at byte 53, expected a digit           | {'x':-Infinity,'y':NaN}
          [$a, {'x':nan},$b]         | invalid_json: unexpected 'a' at byte 53, expected null                    | [$a, {'x':nan},$b]
          [$a, {'x':NaN,'y'},$b]     | invalid_json: unexpected '}' at byte 59, expected ':'                     | [$a, {'x':NaN,'y'},$b]
          [$a, {'x':NaN],$b}         | invalid_json: unexpected ']' at byte 55, expected ',' or '}'              | [$a, {'x':NaN],$b}
          [$a, 'text' ]              | invalid_event: expected a JSON object, found a string                     | 'text'
          [ {'type':'page'} ,$a]     | invalid_event: expected a "userId" or an "anonymousId", found neither     | {'type':'page'}
          """)
  void keepsWhatIsNoEvent(String text, String why, String kept) {
    List<RejectedEvent> rejected =
        readAny(bytes(text)).stream()
            .filter(RejectedEvent.class::isInstance)
            .map(RejectedEvent.class::cast)
            .toList();

    assertThat(rejected).hasSize(1);
    assertThat(rejected.get(0).code() + ": " + rejected.get(0).message()).isEqualTo(why);
    assertThat(rejected.get(0).text()).isEqualTo(bytes(kept));
  }

  @ParameterizedTest
  @ValueSource(strings = {"[$a,BAD,$b]", "{'batch':[$a,BAD,$b]}", "$a/BAD/$b"})
  void anEventThatCannotBeReadCostsOnlyItself(String text) {
    String deep = text.replace("BAD", "{'a':" + "[".repeat(1_000) + "]".repeat(1_000) + "}");
    String notUtf8 = text.replace("BAD", "{'a':'\u00ff'}");
    String both = text.replace("BAD", "{'b':NaN,'a':'\u00ff','c':Infinity}");

    assertThat(shown(readAny(bytes(deep)).iterator())).isEqualTo("a invalid_json b");
    assertThat(shown(readAny(bytes(notUtf8)).iterator())).isEqualTo("a invalid_json b");
    assertThat(shown(readAny(bytes(both)).iterator())).isEqualTo("a invalid_json b");
  }

  /** Unlike a sender, an archive knows when an event was received. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          'receivedAt':'2025-01-01T00:00:10.000Z' | 'receivedAt':'2025-01-01T00:00:10.000Z','version':1,'timestamp':'2025-01-01T00:00:10.000Z'
          'receivedAt':'2025-01-01T00:00:10.000Z','timestamp':'2025-01-01T00:00:00.000Z' | 'receivedAt':'2025-01-01T00:00:10.000Z','timestamp':'2025-01-01T00:00:00.000Z','version':1
          'receivedAt':'2025-01-01T00:00:10.000Z','timestamp':'2025-01-01T01:00:00.000Z','sentAt':'2025-01-01T01:00:02.000Z' | 'receivedAt':'2025-01-01T00:00:10.000Z','timestamp':'2025-01-01T00:00:08.000Z','sentAt':'2025-01-01T01:00:02.000Z','version':1,'originalTimestamp':'2025-01-01T01:00:00.000Z'
          'receivedAt':'then' | 'receivedAt':'2026-01-02T03:04:05.678Z','version':1,'timestamp':'2026-01-02T03:04:05.678Z'
          """)
  void keepsWhenAnEventWasReceived(String fields, String complete) {
    String before = "{'type':'page','userId':'u','messageId':'a',";

    assertThat(readAny(bytes(before + fields + "}")))
        .singleElement()
        .hasToString(json(before + complete + "}"));
  }

  // Streams

  @ParameterizedTest
  @ValueSource(ints = {100, 101, 128, 1_000, 100_000})
  void readsALongStreamPieceByPiece(int pieceBytes) {
    String lines =
        IntStream.range(0, 300)
            .mapToObj(i -> i == 150 ? "no JSON/" : "$" + i + "/")
            .collect(joining());

    String expected =
        IntStream.range(0, 300)
            .mapToObj(i -> i == 150 ? "invalid_json" : Integer.toString(i))
            .collect(joining(" "));
    assertThat(shown(stream(lines, pieceBytes))).isEqualTo(expected);
    assertThat(shown(stream(lines.substring(0, lines.length() - 1), pieceBytes)))
        .isEqualTo(expected);
  }

  /** The bounds of the tracking API's batches do not apply to files. */
  @ParameterizedTest
  @CsvSource({"'', '', ''", "[, ',', ]"})
  void readsAsMuchAsAPieceHolds(String start, String separator, String end) {
    String event =
        json("{'type':'page','userId':'u','long':'" + "x".repeat(15_000) + "'}" + separator + "\n");
    byte[] text =
        (start + event.repeat(999) + event.replace(separator + "\n", end)).getBytes(UTF_8);
    assertThat(text).hasSizeBetween(EventStream.PIECE_BYTES - 2_000_000, EventStream.PIECE_BYTES);

    assertThat(new EventStream(() -> new ByteArrayInputStream(text), NOW, TO_ALL, false))
        .toIterable()
        .extracting(found -> found.getClass().getSimpleName())
        .hasSize(1_000)
        .containsOnly("Event");
  }

  @Test
  void readsAnArrayThatJustFits() {
    int length = bytes("[$a,$b]").length;

    assertThat(shown(stream("[$a,$b]", length + 1))).isEqualTo("a b");
    assertThat(shown(stream("[$a,$b]", length))).isEqualTo("a b");
  }

  @Test
  void aLineWithoutEndCostsOnlyItself() {
    String endless = "x".repeat(1_000);

    assertThat(shown(stream("$a/" + endless + "/$b/", 100)))
        .startsWith("a invalid_json ")
        .endsWith(" invalid_json b");
  }

  @Test
  void aStreamThatBreaksOffIsAFailure() throws Exception {
    InputStream broken = InputStream.nullInputStream();
    broken.close();
    EventStream events = new EventStream(() -> broken, NOW, TO_ALL, true);

    assertThatThrownBy(events::hasNext)
        .isInstanceOf(UnreadableBodyException.class)
        .hasRootCauseMessage("Stream closed");
  }

  @Test
  void aStreamHasAnEnd() {
    Iterator<Object> events = stream("$a", 1_000);

    events.next();
    assertThat(events.hasNext()).isFalse();
    assertThatThrownBy(events::next).isInstanceOf(NoSuchElementException.class);
  }

  // Memory

  /** A few hundred bytes of gzip can hold such a batch. */
  @ParameterizedTest
  @ValueSource(strings = {"'integrations':{'All':true}", "'integrations':{'All':false}"})
  void aLongContextDoesNotFillTheMemory(String integrations) throws Exception {
    String context = "'context':{'long':'" + "x".repeat(400_000) + "'}";
    String events = String.join(",", Collections.nCopies(250, "$a"));
    byte[] batch = bytes("{" + context + "," + integrations + ",'batch':[" + events + "]}");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    long before = threads.getCurrentThreadAllocatedBytes();
    new EventReader(batch, NOW, false, TO_ALL, null).readBatch();

    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(64 << 20);
  }

  @Test
  void theEventsOfAFullBatchAreCopiedOnce() throws Exception {
    String event = json("{'type':'page','userId':'u','name':'" + "n".repeat(900) + "'}");
    byte[] batch = bytes("{'batch':[" + String.join(",", Collections.nCopies(500, event)) + "]}");
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    new EventReader(batch, NOW, false, TO_ALL, null).readBatch();

    long before = threads.getCurrentThreadAllocatedBytes();
    ReadResult read = new EventReader(batch, NOW, false, TO_ALL, null).readBatch();

    assertThat(threads.getCurrentThreadAllocatedBytes() - before)
        .isLessThan((long) EventReader.COPIES * batch.length);
    assertThat(read.accepted()).isEqualTo(500);
  }

  /** The sum of 2 GiB must not overflow to a negative number. */
  @Test
  void aLongContextDoesNotFillTheMemoryHoweverManyEventsThereAre() throws Exception {
    String context = "'context':{'long':'" + "x".repeat(900_000) + "'}";
    // Each event has this key itself, so the batch's long value is counted but not copied.
    String event = json("{'type':'page','userId':'u','context':{'long':1}}");
    String events = String.join(",", Collections.nCopies(2_500, event));
    byte[] batch = bytes("{" + context + ",'batch':[" + events + "]}");

    ReadResult intake = new EventReader(batch, NOW, true, TO_ALL, null).readAny();

    assertThat(intake.accepted()).isEqualTo(MOST_MERGED_EVENTS);
    assertThat(intake.rejected())
        .hasSize(2_500 - MOST_MERGED_EVENTS)
        .extracting(RejectedEvent::code)
        .containsOnly("batch_too_large");
  }

  /** How many events 8 MiB of such a context are enough for. */
  private static final int MOST_MERGED_EVENTS = 9;

  @ParameterizedTest
  @CsvSource({"30000, 2000, true", "30000, 3700, false", "100, 33000, true", "100, 33700, false"})
  void anEventMayBeNoLongerWithTheContextOfItsBatch(int own, int ofBatch, boolean isTaken)
      throws Exception {
    String context = "'context':{'batch':'" + "x".repeat(ofBatch) + "'}";
    String event = "{'type':'page','userId':'u','own':'" + "y".repeat(own) + "'}";
    byte[] batch = bytes("{" + context + ",'batch':[" + event + "]}");

    ReadResult intake = new EventReader(batch, NOW, false, TO_ALL, null).readBatch();

    assertThat(intake.accepted()).isEqualTo(isTaken ? 1 : 0);
    if (isTaken) {
      assertThat(((Event) intake.all().get(0)).json())
          .hasSizeLessThanOrEqualTo(EventReader.MOST_COMPLETE_BYTES);
    } else {
      assertThat(intake.rejected().get(0).code()).isEqualTo("event_too_large");
      assertThat(intake.rejected().get(0).message())
          .startsWith(
              "expected at most 33792 bytes with the batch's context and integrations, found");
    }
  }

  /** The five characters "1e20," become twenty-two. */
  @Test
  void anEventMayBeNoLongerWithItsNumbersWrittenOut() {
    String numbers = String.join(",", Collections.nCopies(6_000, "1e20"));
    String event = "{'type':'page','userId':'u','numbers':[" + numbers + "]}";

    ReadResult intake = new EventReader(bytes(event), NOW, true, TO_ALL, null).readAny();

    assertThat(intake.rejected()).extracting(RejectedEvent::code).containsOnly("event_too_large");
  }

  // Strings with unpaired surrogates, which UTF-8 cannot encode

  @ParameterizedTest
  @CsvSource({
    "'plain \u00e9 \u2028', 'plain \u00e9 \u2028'",
    "pair \ud83d\ude00, pair \ud83d\ude00",
  })
  void encodesText(String text, String encoded) {
    assertThat(Utf8.encode(text)).isEqualTo(encoded.getBytes(UTF_8));
  }

  @Test
  void encodesHalfAPairAsJsonDoes() {
    assertThat(utf8("\ud83d")).isEqualTo("\\ud83d");
    assertThat(utf8("\ude00")).isEqualTo("\\ude00");
    assertThat(utf8("a\ude00\ud83db")).isEqualTo("a\\ude00\\ud83db");
    assertThat(utf8("\ud83d\ud83d\ude00\ude00")).isEqualTo("\\ud83d\ud83d\ude00\\ude00");
    assertThat(shown(readAny(Utf8.encode(event("\ud83d"))).iterator())).isEqualTo("\ud83d");
  }

  private static String utf8(String text) {
    return new String(Utf8.encode(text), UTF_8);
  }

  private static List<Object> readAny(byte[] text) {
    return new EventReader(text, NOW, true, TO_ALL, null).readAny().all();
  }

  /** Makes a stream that returns one byte at a time. */
  private static EventStream stream(String text, int pieceBytes) {
    InputStream in =
        new ByteArrayInputStream(bytes(text)) {
          @Override
          public synchronized int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(1, length));
          }
        };
    return new EventStream(() -> in, NOW, TO_ALL, false, pieceBytes);
  }

  private static String shown(Iterator<Object> events) {
    Stream<Object> all =
        StreamSupport.stream(((Iterable<Object>) () -> events).spliterator(), false);
    return all.map(
            event ->
                event instanceof Event good ? good.messageId() : ((RejectedEvent) event).code())
        .collect(joining(" "));
  }

  private static byte[] bytes(String text) {
    String lines = text.replace('~', '\r').replace('/', '\n');
    return json(lines.replaceAll("\\$(\\w+)", event("$1"))).getBytes(ISO_8859_1);
  }

  private static String event(String messageId) {
    return json("{'type':'page','userId':'u','messageId':'" + messageId + "'}");
  }
}
