package io.dromedary.event;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import io.dromedary.json.InvalidJsonException;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * Compares the reading of batches with numbers such as {@code NaN}, intact and damaged, with
 * Jackson, which can be configured to accept these numbers. An event is rejected, with its own
 * text, exactly if it has such a number, and no event is lost or invented. If Jackson finds no
 * valid JSON, nothing is accepted.
 */
class BatchRecoveryPropertyTest {

  private static final JsonFactory WITH_NAN =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  private static final Set<String> WORDS = Set.of("NaN", "Infinity", "-Infinity");

  private static final DestinationChoice TO_ALL =
      new DestinationChoice(
          List.of(
              new DestinationChoice.Candidate(
                  "default", Set.of(EventType.values()), List.of(), true)));

  private static final String[] STRINGS = {
    "},{",
    "]}",
    "NaN",
    ":NaN,",
    "\\\"},{\\\"",
    "\\\\",
    "\\u0022},",
    "\\\\\\\"",
    "[[[",
    "",
    "batch",
    "-Infinity]"
  };

  /** Characters that may look like the end of an event. */
  private static final String DAMAGE = "{}[],:\"\\NaIi-0 ey";

  /** An element as Jackson sees it. */
  private record Seen(@Nullable String messageId, boolean hasNan, String text) {}

  @Property(tries = 20_000)
  void whatIsNoNumberCostsItsEventOnly(@ForAll long seed) throws IOException {
    Random random = new Random(seed);
    byte[] text = damaged(batch(random), random.nextInt(4), random).getBytes(US_ASCII);
    List<Seen> expected = seen(text);
    ReadResult intake;
    try {
      intake = new EventReader(text, Instant.EPOCH, false, TO_ALL, null).readBatch();
    } catch (InvalidJsonException | InvalidEventException e) {
      // Jackson accepts more such words, and a damaged object may have no batch.
      assertThat(expected == null || expected.isEmpty() || hasOtherWords(text))
          .as("%s: %s", e.getMessage(), new String(text, US_ASCII))
          .isTrue();
      return;
    }
    assertThat(expected).as("no JSON, and taken").isNotNull();
    assertThat(intake.count()).isEqualTo(expected.size());
    List<Object> all = intake.all();
    for (int i = 0; i < all.size(); i++) {
      Seen seen = expected.get(i);
      if (all.get(i) instanceof Event event) {
        assertThat(seen.hasNan()).isFalse();
        if (seen.messageId() != null && !seen.messageId().isEmpty()) {
          assertThat(event.messageId()).isEqualTo(seen.messageId());
        }
      } else {
        RejectedEvent rejected = (RejectedEvent) all.get(i);
        assertThat(rejected.index()).isEqualTo(i);
        assertThat(new String(rejected.text(), US_ASCII)).isEqualTo(seen.text());
        assertThat(rejected.code().equals("invalid_json")).isEqualTo(seen.hasNan());
      }
    }
  }

  private static boolean hasOtherWords(byte[] text) {
    String shown = new String(text, US_ASCII);
    return shown.contains("INF") || shown.contains("+I") || shown.contains("+N");
  }

  /** The elements of an object's last batch, or null if it is not valid JSON with such words. */
  private static @Nullable List<Seen> seen(byte[] text) {
    List<Seen> seen = new ArrayList<>();
    try (JsonParser parser = WITH_NAN.createParser(text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        return null;
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        boolean isBatch = parser.currentName().equals("batch");
        if (parser.nextToken() == JsonToken.START_ARRAY && isBatch) {
          seen.clear();
          while (parser.nextToken() != JsonToken.END_ARRAY) {
            seen.add(element(parser, text));
          }
        } else if (element(parser, text).hasNan()) {
          // A field of the batch, which applies to all its events, has such a number.
          return null;
        }
      }
      return parser.nextToken() == null ? seen : null;
    } catch (IOException e) {
      return null;
    }
  }

  private static Seen element(JsonParser parser, byte[] text) throws IOException {
    long start = parser.currentTokenLocation().getByteOffset();
    boolean hasNan = isNan(parser);
    String messageId = null;
    int depth = parser.currentToken().isStructStart() ? 1 : 0;
    while (depth > 0) {
      JsonToken token = parser.nextToken();
      hasNan |= isNan(parser);
      if (token == JsonToken.FIELD_NAME && depth == 1 && parser.currentName().equals("messageId")) {
        token = parser.nextToken();
        hasNan |= isNan(parser);
        messageId = parser.getText();
      }
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
    }
    parser.finishToken();
    int end = (int) parser.currentLocation().getByteOffset();
    return new Seen(
        messageId,
        hasNan,
        new String(Arrays.copyOfRange(text, (int) start, end), US_ASCII).strip());
  }

  private static boolean isNan(JsonParser parser) throws IOException {
    return parser.currentToken().isNumeric() && WORDS.contains(parser.getText());
  }

  private static String batch(Random random) {
    StringBuilder text = new StringBuilder("{\"batch\":[");
    int events = 1 + random.nextInt(4);
    for (int i = 0; i < events; i++) {
      text.append(i == 0 ? "" : ",").append(space(random)).append(event(i, random));
    }
    text.append(space(random)).append(']');
    if (random.nextInt(4) == 0) {
      text.append(",\"context\":").append(value(2, random.nextInt(3) == 0 ? 3 : 0, random));
    }
    return text.append('}').toString();
  }

  private static String event(int index, Random random) {
    int nan = random.nextInt(3) == 0 ? 4 : 0;
    if (random.nextInt(10) == 0) {
      return value(1, nan, random);
    }
    return "{\"type\":\"page\",\"userId\":\"u\",\"messageId\":\"m"
        + index
        + "\","
        + space(random)
        + "\"x\":"
        + value(3, nan, random)
        + ",\"y\":"
        + value(1, nan, random)
        + "}";
  }

  /** Makes a value. One of {@code nan} scalars is such a word; with 0, none is. */
  private static String value(int depth, int nan, Random random) {
    if (nan > 0 && random.nextInt(nan) == 0) {
      return WORDS.stream().sorted().toList().get(random.nextInt(WORDS.size()));
    }
    return switch (random.nextInt(depth == 0 ? 3 : 5)) {
      case 0 -> '"' + STRINGS[random.nextInt(STRINGS.length)] + '"';
      case 1 -> List.of("1", "-1.50", "2e3", "true", "null").get(random.nextInt(5));
      case 2 -> random.nextBoolean() ? "{}" : "[]";
      case 3 ->
          "["
              + value(depth - 1, nan, random)
              + space(random)
              + ","
              + value(depth - 1, nan, random)
              + "]";
      default ->
          "{\""
              + STRINGS[random.nextInt(STRINGS.length)]
              + "\":"
              + value(depth - 1, nan, random)
              + space(random)
              + "}";
    };
  }

  private static String space(Random random) {
    return List.of("", "", "", " ", "\n", "\t ").get(random.nextInt(6));
  }

  /** Replaces, removes or inserts some characters. */
  private static String damaged(String text, int times, Random random) {
    StringBuilder damaged = new StringBuilder(text);
    for (int i = 0; i < times; i++) {
      int at = random.nextInt(damaged.length());
      String put = String.valueOf(DAMAGE.charAt(random.nextInt(DAMAGE.length())));
      switch (random.nextInt(3)) {
        case 0 -> damaged.replace(at, at + 1, put);
        case 1 -> damaged.insert(at, put);
        default -> damaged.deleteCharAt(at);
      }
    }
    return damaged.toString();
  }
}
