package io.dromedary.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.dromedary.http.Caller;
import io.dromedary.http.RequestHead;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A request for a view of the page, or one that a form of the page sends. Immutable.
 *
 * @param root the beginning of all links, which leads from this request's address to the management
 *     path: empty, some {@code ../}, or the last part of that path
 * @param path the parts of the path below the management path, decoded; empty for the overview
 * @param query the parameters of the URL
 * @param form the fields of the form, each with its values, or null if the request is not a form
 * @param caller the caller
 * @param host the request's Host header
 */
record PageRequest(
    String root,
    List<String> path,
    Map<String, String> query,
    @Nullable Map<String, List<String>> form,
    Caller caller,
    String host) {

  /** Limits the size of a form. The selection of all events of a list takes less. */
  static final int MOST_FORM_BYTES = 64 * 1024;

  /** Matches a part of a path that all servers and proxies read alike. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}");

  private static final int MOST_FIELDS = 2000;

  /**
   * Reads a request.
   *
   * @param last the last part of the management path
   * @param below the path below it, still encoded: empty, or from its slash on
   * @throws IllegalArgumentException if the request cannot be read; the message says why
   */
  static PageRequest of(
      String last,
      String below,
      RequestHead head,
      @Nullable String query,
      byte @Nullable [] form,
      Caller caller) {
    List<String> parts = new ArrayList<>();
    for (String part : below.split("/", -1)) {
      if (!part.isEmpty()) {
        parts.add(RequestHead.decode(part));
      }
    }
    int slashes = (int) below.chars().filter(c -> c == '/').count();
    String root = below.isEmpty() ? last + "/" : "../".repeat(slashes - 1);
    Map<String, String> parameters = new LinkedHashMap<>();
    decoded(query == null ? "" : query)
        .forEach(
            (name, values) -> {
              if (!values.get(0).isEmpty()) {
                parameters.put(name, values.get(0));
              }
            });
    return new PageRequest(
        root,
        List.copyOf(parts),
        Collections.unmodifiableMap(parameters),
        form == null ? null : decoded(new String(form, UTF_8)),
        caller,
        head.host() == null ? "HOST" : head.host());
  }

  private static Map<String, List<String>> decoded(String encoded) {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    String[] pairs = encoded.isEmpty() ? new String[0] : encoded.split("&", MOST_FIELDS + 1);
    if (pairs.length > MOST_FIELDS) {
      throw new IllegalArgumentException("expected at most " + MOST_FIELDS + " fields, found more");
    }
    for (String pair : pairs) {
      String[] field = pair.split("=", 2);
      String value = field.length == 1 ? "" : URLDecoder.decode(field[1], UTF_8);
      fields
          .computeIfAbsent(URLDecoder.decode(field[0], UTF_8), name -> new ArrayList<>())
          .add(value);
    }
    return fields;
  }

  /** A parameter of the URL, or null if it is missing or empty. */
  @Nullable String parameter(String name) {
    return query.get(name);
  }

  /** The value of a field of the form, or null if it is missing or empty. */
  @Nullable String field(String name) {
    List<String> values = fields(name);
    return values.isEmpty() || values.get(0).isEmpty() ? null : values.get(0);
  }

  /** All values of a field of the form. */
  List<String> fields(String name) {
    return form == null ? List.of() : form.getOrDefault(name, List.of());
  }

  /** Returns whether this request is a form. */
  boolean isForm() {
    return form != null;
  }

  /** Returns whether the caller may change things, and sees the buttons for that. */
  boolean mayChange() {
    return caller.mayChange();
  }

  /** A relative link to a view. The parts are encoded, so they may be any text. */
  String link(String... parts) {
    StringJoiner path = new StringJoiner("/", root, "");
    for (String part : parts) {
      path.add(URLEncoder.encode(part, UTF_8).replace("+", "%20"));
    }
    String link = path.toString();
    return link.isEmpty() ? "./" : link;
  }

  /**
   * A link to the view of an event: {@code events/ID}, or {@code events/by-id?id=ID} for an id that
   * cannot safely stand in a path.
   */
  String linkToEvent(String messageId) {
    boolean isPlain = PLAIN.matcher(messageId).matches() && !messageId.equals("by-id");
    return isPlain
        ? link("events", messageId)
        : with(link("events", "by-id"), Map.of("id", messageId));
  }

  /** A link with parameters added; those whose value is null or empty are omitted. */
  static String with(String link, Map<String, @Nullable String> parameters) {
    StringJoiner query = new StringJoiner("&", link + "?", "").setEmptyValue(link);
    parameters.forEach(
        (name, value) -> {
          if (value != null && !value.isEmpty()) {
            query.add(URLEncoder.encode(name, UTF_8) + "=" + URLEncoder.encode(value, UTF_8));
          }
        });
    return query.toString();
  }

  /** A link to this view with another value of one parameter; null omits the parameter. */
  String withParameter(String name, @Nullable String value) {
    Map<String, @Nullable String> changed = new LinkedHashMap<>(query);
    changed.put(name, value);
    return with(link(path.toArray(String[]::new)), changed);
  }
}
