package io.dromedary.operations;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.dromedary.history.AttemptRecord;
import io.dromedary.http.Caller;
import io.dromedary.json.NamedMembers;
import io.dromedary.outbox.deadletter.DeadLetter;
import io.dromedary.outbox.store.OutboxEvent;
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
 * Masks payloads: a caller sees all of them, nothing, or everything but the values of certain
 * members. It is applied to all data that leaves the store for the page, the API or the command
 * line, and to excerpts of answers, because a receiver may repeat what it was sent. Thread-safe.
 */
public final class Mask {

  /** Written in place of a hidden value. */
  public static final String HIDDEN = NamedMembers.HIDDEN;

  private static final byte[] HIDDEN_JSON = ("\"" + HIDDEN + "\"").getBytes(UTF_8);
  private static final JsonFactory JSON = new JsonFactory();

  /** E-mail addresses are also recognised by their form, anywhere in an answer. */
  private static final Pattern EMAIL =
      Pattern.compile("[\\p{L}\\p{N}._%+-]{1,64}(?:@|%40)[\\p{L}\\p{N}.-]{1,255}");

  /**
   * Matches a value: a JSON string, whole or cut off; a string of JSON inside another JSON string;
   * a string as Python prints it; an object; an array; or the value in a form or an element. All
   * quantifiers are possessive, because senders choose the text: it may be long, and each
   * repetition that can backtrack takes a piece of the stack.
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
    // A caller who may only read never sees everything.
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

  /** The mask that applies to a caller. */
  public static Mask of(CamelContext context, Caller caller) {
    return new Mask(Settings.of(context).management().payloads(), caller.mayChange());
  }

  /** A masked payload. */
  public static final class Payload {

    private final byte[] json;
    private final List<String> values;

    private Payload(byte[] json, List<String> values) {
      this.json = json;
      this.values = values;
    }

    /**
     * The masked text. A payload that is not JSON is masked like an excerpt of an answer, and is
     * hidden completely from callers who may only read. Not a copy: do not write to it.
     */
    public byte[] json() {
      return json;
    }

    /** The values that were masked, the longest first. */
    public List<String> values() {
      return values;
    }
  }

  /** Masks a payload. */
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
          // Numbers keep their original digits.
          case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> copy.writeNumber(in.getText());
          default -> copy.copyCurrentEvent(in);
        }
      }
    }
    return out.toByteArray();
  }

  /** Masks a receiver's answer, or an error message that quotes it. */
  public String text(String text) {
    return text(text, List.of());
  }

  /**
   * Masks a receiver's answer, or an error message that quotes it.
   *
   * @param values the values that were masked in the payload sent to the receiver
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

  /** Masks a dead letter. */
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

  /** Masks the details of attempts. */
  public List<AttemptRecord> attempts(List<AttemptRecord> attempts) {
    return shown == Shown.ALL ? attempts : attempts.stream().map(this::attempt).toList();
  }

  private AttemptRecord attempt(AttemptRecord attempt) {
    String detail = attempt.detail();
    return detail == null ? attempt : attempt.withDetail(text(detail));
  }

  /**
   * Masks the strings in the JSON array of an event's webhooks, which may quote what receivers
   * answered.
   *
   * @param values the values that were masked in the event
   */
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
