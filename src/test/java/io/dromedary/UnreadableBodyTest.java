package io.dromedary;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.dromedary.testing.OutboxFile;
import io.dromedary.testing.Receiver;
import io.dromedary.testing.Request;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.TypeConverterExists;
import org.apache.camel.builder.ExchangeBuilder;
import org.apache.camel.component.file.GenericFile;
import org.apache.camel.spi.TypeConverterRegistry;
import org.apache.camel.support.SimpleTypeConverter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Bodies that cannot be read. Each is stored as a whole, kept by its source, or becomes a dead
 * letter, and the source continues.
 */
@Timeout(60)
class UnreadableBodyTest {

  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path folder;
  private final Receiver receiver = Receiver.start();
  private final Map<String, Object> beans = new HashMap<>();
  private Application application;

  @AfterEach
  void close() {
    if (application != null) {
      application.close();
    }
    receiver.close();
  }

  private void start(String inbound) {
    application =
        Application.start(
            folder,
            Map.of(
                "webhooks.urls",
                receiver.url("/hook"),
                "webhooks.inbound",
                inbound,
                // Without de-duplication, an event that was stored twice would be sent twice.
                "webhooks.dedup.window",
                "0s"),
            beans);
  }

  private void send(Object body) {
    ProducerTemplate producer = application.context().createProducerTemplate();
    producer.sendBody("seda:in", body);
  }

  private static String event(int number) {
    return "{\"type\":\"track\",\"event\":\"e\",\"userId\":\"u\",\"messageId\":\"m-"
        + number
        + "\"}";
  }

  private static String lines(int count) {
    return IntStream.range(0, count).mapToObj(i -> event(i) + "\n").collect(Collectors.joining());
  }

  private void awaitDelivered(int... numbers) {
    List<String> ids = IntStream.of(numbers).mapToObj(number -> "m-" + number).toList();
    await().atMost(AT_MOST).until(() -> receiver.messageIds().keySet().containsAll(ids));
    assertThat(receiver.messageIds()).containsOnlyKeys(ids);
    assertThat(receiver.messageIds().values()).containsOnly(1);
  }

  private List<String> awaitDeadLetters(int count) {
    Path file = folder.resolve("dead-letters.jsonl");
    await().atMost(AT_MOST).until(() -> Files.exists(file));
    await().atMost(AT_MOST).until(() -> Files.readAllLines(file).size() >= count);
    try {
      List<String> lines = Files.readAllLines(file);
      assertThat(lines).hasSize(count);
      return lines;
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Fails at a position. If it is read again, it continues behind a gap. */
  private static final class Failing extends FilterInputStream {

    private int left;
    private boolean hasFailed;

    Failing(InputStream in, int at) {
      super(in);
      left = at;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      if (left == 0 && !hasFailed) {
        hasFailed = true;
        long unused = in.skip(5_000);
        throw new IOException("Input/output error");
      }
      int read = super.read(into, offset, hasFailed ? length : Math.min(length, left));
      left -= Math.max(0, read);
      return read;
    }
  }

  // Streams

  @Test
  void aStreamThatFailsIsStoredUpToThereAndADeadLetter() {
    start("seda:in?pollTimeout=20");
    int count = 3_000;
    byte[] text = lines(count).getBytes(UTF_8);

    send(new Failing(new ByteArrayInputStream(text), lines(2_600).length() + 10));
    send(event(count));

    awaitDelivered(IntStream.concat(IntStream.range(0, 2_600), IntStream.of(count)).toArray());
    assertThat(awaitDeadLetters(1).get(0))
        .contains("unreadable: expected a body to its end, found after")
        .contains("java.io.IOException: Input/output error")
        .contains("\"text\":\"{\\\"type\\\":\\\"");
  }

  @Test
  void aReaderThatFailsIsADeadLetter() {
    start("seda:in?pollTimeout=20");

    send(
        new java.io.Reader() {
          @Override
          public int read(char[] into, int offset, int length) throws IOException {
            throw new IOException("no more");
          }

          @Override
          public void close() {}
        });
    send(event(1));

    awaitDelivered(1);
    assertThat(awaitDeadLetters(1).get(0)).contains("java.io.IOException: no more");
  }

  /** The file is longer than a piece, and its disk fails in the middle, and then at the start. */
  @Test
  void aFileThatCannotBeReadGoesOnWhereItWas() throws Exception {
    int count = 400;
    Path inbox = Files.createDirectories(folder.resolve("inbox"));
    // White space makes the file longer than a piece of the stream, which has 16 MiB.
    String blank = " ".repeat(49_999) + "\n";
    String file = lines(count).replace("\n", "\n" + blank);
    Files.writeString(folder.resolve("lines.jsonl"), file);
    Files.writeString(inbox.resolve("other.jsonl"), event(count));
    AtomicInteger failures = new AtomicInteger();
    start("file:" + inbox + "?delay=50");
    TypeConverterRegistry converters = application.context().getTypeConverterRegistry();
    converters.setTypeConverterExists(TypeConverterExists.Override);
    converters.addTypeConverter(
        InputStream.class,
        GenericFile.class,
        new SimpleTypeConverter(
            false,
            (type, exchange, body) -> {
              GenericFile<?> read = (GenericFile<?>) body;
              InputStream in = Files.newInputStream(Path.of(read.getAbsoluteFilePath()));
              return read.getFileNameOnly().equals("lines.jsonl")
                  ? failing(in, failures.getAndIncrement())
                  : in;
            }));
    Files.move(folder.resolve("lines.jsonl"), inbox.resolve("lines.jsonl"));

    awaitDelivered(IntStream.rangeClosed(0, count).toArray());
    await()
        .atMost(AT_MOST)
        .until(() -> Files.exists(inbox.resolve(".camel").resolve("lines.jsonl")));
    assertThat(failures).hasValue(3);
    assertThat(new OutboxFile(folder).count("dead_letter")).isZero();
  }

  private static InputStream failing(InputStream in, int failures) {
    return failures == 0
        ? new Failing(in, 18_000_000)
        : failures == 1 ? new Failing(in, 1_000) : in;
  }

  // Poison

  /** An object that Jackson cannot write. */
  static final class Unwritable {

    public String getName() {
      return Optional.<String>empty().orElseThrow();
    }

    @Override
    public String toString() {
      return "an unwritable body";
    }
  }

  /** An object that neither Jackson nor toString can write. */
  static final class Unspeakable {

    public Unspeakable getSelf() {
      return new Unspeakable();
    }

    @Override
    public String toString() {
      throw new StackOverflowError();
    }
  }

  static List<Object> poison() {
    Map<String, Object> cycle = new HashMap<>();
    cycle.put("type", "track");
    cycle.put("self", List.of(new Unspeakable()));
    return List.of(new Unwritable(), new Unspeakable(), cycle);
  }

  @ParameterizedTest
  @MethodSource("poison")
  void aBodyThatCannotBeWrittenIsADeadLetterAndTheSourceGoesOn(Object body) {
    start("seda:in?pollTimeout=20");

    send(event(1));
    send(body);
    send(event(2));

    awaitDelivered(1, 2);
    assertThat(awaitDeadLetters(1).get(0))
        .contains("\"detail\":\"unreadable: expected a body that can be read, found one that fails")
        .contains(
            body instanceof Unwritable
                ? "\"text\":\"an unwritable body\""
                : "\"text\":\"" + body.getClass().getName() + "\"");
  }

  @Test
  void oneOfAGroupIsADeadLetterAndTheOthersAreStored() {
    start("seda:in?pollTimeout=20");
    List<Exchange> group = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      Object body =
          i == 100
              ? new Failing(new ByteArrayInputStream(new byte[10]), 0)
              : i == 200 ? new Unspeakable() : event(i);
      group.add(ExchangeBuilder.anExchange(application.context()).withBody(body).build());
    }

    send(group);

    awaitDelivered(IntStream.range(0, 500).filter(i -> i != 100 && i != 200).toArray());
    assertThat(awaitDeadLetters(2))
        .anyMatch(letter -> letter.contains("Input/output error"))
        .anyMatch(letter -> letter.contains(Unspeakable.class.getName()));
  }

  /**
   * There may be enough memory a moment later, but never for a message that always needs too much.
   */
  @Test
  void aMessageForWhichThereIsNoMemoryIsReadAgainForAWhile() {
    start("seda:in?pollTimeout=20");
    AtomicInteger reads = new AtomicInteger();

    send(new Greedy(reads, 3));
    awaitDelivered(7);
    assertThat(reads).hasValue(4);
    assertThat(receiver.requests()).extracting(Request::text).hasSize(1);
  }

  @Test
  void aMessageForWhichThereIsNeverMemoryIsADeadLetter() {
    start("seda:in?pollTimeout=20");
    ProducerTemplate producer = application.context().createProducerTemplate();

    // The message has been read twenty times.
    producer.sendBodyAndHeader(
        "seda:in", new Greedy(new AtomicInteger(), 1_000), Exchange.REDELIVERY_COUNTER, 20);
    send(event(8));

    awaitDelivered(8);
    assertThat(awaitDeadLetters(1).get(0)).contains("OutOfMemoryError: thrown by a test");
  }

  /** A text that runs out of memory for the first {@code failures} times. */
  private record Greedy(AtomicInteger reads, int failures) implements CharSequence {

    @Override
    public int length() {
      return toString().length();
    }

    @Override
    public char charAt(int index) {
      return toString().charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return toString().subSequence(start, end);
    }

    @Override
    public String toString() {
      if (reads.getAndIncrement() < failures) {
        throw new OutOfMemoryError("thrown by a test");
      }
      return event(7);
    }
  }
}
