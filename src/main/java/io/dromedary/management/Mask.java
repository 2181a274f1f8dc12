package io.dromedary.management;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.dromedary.history.AttemptRecord;
import io.dromedary.http.Caller;
import io.dromedary.json.NamedMembers;
import io.dromedary.outbox.DeadLetter;
import io.dromedary.outbox.OutboxEvent;
import io.dromedary.settings.PayloadSettings;
import io.dromedary.settings.PayloadSettings.Shown;
import io.dromedary.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;

/**
 * What somebody is shown of payloads: everything, nothing, or all but the values of some members.
 * It is applied to whatever leaves the store for the page, the API or the command line, and to
 * excerpts of answers, in which a receiver may repeat what it was sent. Thread-safe.
 */
public final class Mask {

  /** Stands for what is not shown. */
  public static final String HIDDEN = NamedMembers.HIDDEN;

  private static final byte[] HIDDEN_JSON = ("\"" + HIDDEN + "\"").getBytes(UTF_8);
  private static final JsonFactory JSON = new JsonFactory();

  /** Also told by what it looks like, wherever a receiver repeats it. */
  private static final Pattern EMAIL =
      Pattern.compile("[\\p{L}\\p{N}._%+-]{1,64}(?:@|%40)[\\p{L}\\p{N}.-]{1,255}");

  /**
   * A value: in JSON, whole or cut off, in JSON that is a text of other JSON, as programs in Python
   * print it, an object, an array, or in a form or an element. Nothing in it is tried twice: text
   * of a sender's choice may be long, and each repetition that can go back takes a piece of the
   * stack.
   */
  private static final String VALUE =
      "\"(?:[^\"\\\\]|\\\\.)*+(?:\"|\\\\?$)"
          + "|\\\\\"(?:[^\"\\\\]|\\\\{3}[\"\\\\]|\\\\{1,2}+[^\"\\\\])*+(?:\\\\\"|\\\\{0,3}$)"
          + "|'(?:[^'\\\\]|\\\\.)*+(?:'|\\\\?$)"
          + "|\\{[^}]*+(?:\\}|$)|\\[[^\\]]*+(?:\\]|$)|[^\\s,;&}\\]]++";

  private final Shown shown;
  private final boolean mayChange;
  private final NamedMembers members;
  private final Pattern inText;

  Mask(PayloadSettings settings, boolean mayChange) {
    this.mayChange = mayChange;
    // Who may only read is never shown all.
    shown = settings.shown() == Shown.ALL && !mayChange ? Shown.MASKED : settings.shown();
    members = new NamedMembers(settings.masked());
    inText =
        Pattern.compile(
            "((?:^|[^\\p{L}\\p{N}])(?:"
                + members.names().stream()
                    .map(name -> Pattern.quote(name.substring(name.lastIndexOf('.') + 1)))
                    .collect(Collectors.joining("|"))
                + ")\\\\?[\"']?\\s*(?:=>|[:=>])\\s*)(?:"
                + VALUE
                + ")",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE | Pattern.DOTALL);
  }

  /** What somebody is shown here. */
  public static Mask of(CamelContext context, Caller caller) {
    return new Mask(Settings.of(context).management().payloads(), caller.mayChange());
  }

  /** A payload as it is shown. */
  public static final class Payload {

    private final byte[] json;
    private final List<String> values;

    private Payload(byte[] json, List<String> values) {
      this.json = json;
      this.values = values;
    }

    /**
     * The text. What cannot be read as JSON is masked as an excerpt of an answer is, and hidden
     * whole from somebody who may only read. Not a copy: do not write to it.
     */
    public byte[] json() {
      return json;
    }

    /** What was masked in it, the longest first. */
    public List<String> values() {
      return values;
    }
  }

  /** A payload as it is shown. */
  public Payload payload(byte[] json) {
    if (shown == Shown.ALL) {
      return new Payload(json, List.of());
    }
    List<String> values = new ArrayList<>();
    try {
      byte[] masked = masked(json, values);
      return new Payload(
          shown == Shown.NONE ? HIDDEN_JSON : masked, NamedMembers.longestFirst(values));
    } catch (IOException e) {
      return new Payload(unreadable(json), List.of());
    }
  }

  private byte[] unreadable(byte[] text) {
    boolean isHidden = shown == Shown.NONE || !mayChange;
    return isHidden ? HIDDEN.getBytes(UTF_8) : text(new String(text, UTF_8)).getBytes(UTF_8);
  }

  /** Whether payloads are shown at all. */
  public boolean isShown() {
    return shown != Shown.NONE;
  }

  private byte[] masked(byte[] json, List<String> values) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length);
    List<String> path = new ArrayList<>();
    try (JsonParser in = JSON.createParser(json);
        JsonGenerator copy = JSON.createGenerator(out)) {
      for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
        switch (token) {
          case START_OBJECT -> {
            path.add("");
            copy.writeStartObject();
          }
          case END_OBJECT -> {
            path.remove(path.size() - 1);
            copy.writeEndObject();
          }
          case FIELD_NAME -> {
            path.set(path.size() - 1, in.currentName().toLowerCase(Locale.ROOT));
            copy.writeFieldName(in.currentName());
            if (members.has(path)) {
              in.nextToken();
              NamedMembers.gather(in, values);
              copy.writeString(HIDDEN);
            }
          }
          // Numbers stay as they are written.
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> copy.writeNumber(in.getText());
          default -> copy.copyCurrentEvent(in);
        }
      }
    }
    return out.toByteArray();
  }

  /** What a receiver has answered, or an error that tells of it. */
  public String text(String text) {
    return text(text, List.of());
  }

  /**
   * What a receiver has answered, or an error that tells of it.
   *
   * @param values what was masked in the payload that it was sent
   */
  public String text(String text, List<String> values) {
    if (shown == Shown.ALL || text.isEmpty()) {
      return text;
    }
    String masked = inText.matcher(text).replaceAll("$1" + Matcher.quoteReplacement(HIDDEN));
    if (members.names().contains("email")) {
      masked = EMAIL.matcher(masked).replaceAll(Matcher.quoteReplacement(HIDDEN));
    }
    return NamedMembers.hide(masked, values);
  }

  /** A dead letter as it is shown. */
  public DeadLetter letter(DeadLetter letter) {
    if (shown == Shown.ALL) {
      return letter;
    }
    OutboxEvent event = letter.event();
    Payload payload = payload(event.body());
    return new DeadLetter(
        letter.id(),
        letter.destination(),
        new OutboxEvent(
            event.messageId(),
            event.type(),
            event.acceptedAt(),
            payload.json(),
            event.attempts(),
            null),
        letter.reason(),
        text(letter.detail(), payload.values()),
        letter.lastStatus(),
        letter.firstAttemptAt(),
        letter.lastAttemptAt(),
        letter.deadAt(),
        letter.webhooks() == null ? null : webhooks(letter.webhooks(), payload.values()));
  }

  /** Attempts as they are shown. */
  public List<AttemptRecord> attempts(List<AttemptRecord> attempts) {
    return shown == Shown.ALL ? attempts : attempts.stream().map(this::attempt).toList();
  }

  private AttemptRecord attempt(AttemptRecord attempt) {
    String detail = attempt.detail();
    return detail == null ? attempt : attempt.withDetail(text(detail));
  }

  /** What webhooks have made of an event, in JSON of ours whose texts may be those of receivers. */
  public String webhooks(String json, List<String> values) {
    if (shown == Shown.ALL) {
      return json;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream(json.length());
    try (JsonParser in = JSON.createParser(json);
        JsonGenerator copy = JSON.createGenerator(out)) {
      for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
        if (token == JsonToken.VALUE_STRING) {
          copy.writeString(text(in.getText(), values));
        } else {
          copy.copyCurrentEvent(in);
        }
      }
    } catch (IOException e) {
      return "[]";
    }
    return out.toString(UTF_8);
  }
}
