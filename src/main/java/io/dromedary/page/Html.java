package io.dromedary.page;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Writes HTML, and escapes all texts and attribute values. Callers must use constants for tags and
 * attribute names. Attributes that can hold a script or a style are refused, and so are links to
 * other servers. Not thread-safe.
 */
final class Html {

  private static final Pattern NAME = Pattern.compile("[a-zA-Z][a-zA-Z0-9-]*");

  /** Matches links that have a scheme or begin with a slash: they may lead to another server. */
  private static final Pattern ABSOLUTE =
      Pattern.compile("(?s)[\\s\\p{Cntrl}]*([^/?#]*:|[/\\\\]).*");

  private static final Set<String> LINKS = Set.of("href", "src", "action", "formaction");

  private static final Set<String> WITHOUT_END =
      Set.of("br", "hr", "img", "input", "link", "meta", "col", "wbr");

  private final StringBuilder out = new StringBuilder(8192);
  private final Deque<String> open = new ArrayDeque<>();

  /** Writes a part of a document. */
  @FunctionalInterface
  public interface Part {
    void write() throws Exception;
  }

  /**
   * Opens an element.
   *
   * @param attributes names and values in turn; an attribute whose value is null is omitted, one
   *     whose value is empty is written as its name only
   */
  public Html open(String tag, @Nullable String... attributes) {
    begin(tag, attributes);
    if (!WITHOUT_END.contains(tag)) {
      open.push(tag);
    }
    return this;
  }

  private void begin(String tag, @Nullable String... attributes) {
    requireName(tag);
    if (attributes.length % 2 != 0) {
      throw new IllegalArgumentException("expected names and values of attributes in turn");
    }
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      attribute(String.valueOf(attributes[i]), attributes[i + 1]);
    }
    out.append('>');
  }

  private void attribute(String name, @Nullable String value) {
    requireName(name);
    if (name.startsWith("on") || name.equals("style") || name.equals("srcdoc")) {
      throw new IllegalArgumentException("expected an attribute that holds no code, found " + name);
    }
    if (value == null) {
      return;
    }
    if (LINKS.contains(name) && ABSOLUTE.matcher(value).matches()) {
      throw new IllegalArgumentException("expected a relative link, found another");
    }
    out.append(' ').append(name);
    if (!value.isEmpty()) {
      out.append("=\"");
      escape(value);
      out.append('"');
    }
  }

  private static void requireName(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("expected a name of letters, found " + name);
    }
  }

  /** Closes the element that was opened last. */
  public Html close() {
    out.append("</").append(open.pop()).append('>');
    return this;
  }

  /** Writes a text; null writes nothing. */
  public Html text(@Nullable Object text) {
    if (text != null) {
      escape(text.toString());
    }
    return this;
  }

  /** Writes an element that contains a text. */
  public Html element(String tag, @Nullable Object text, @Nullable String... attributes) {
    open(tag, attributes);
    if (!WITHOUT_END.contains(tag)) {
      text(text).close();
    }
    return this;
  }

  /** Writes an element that contains a part, and closes all elements that the part left open. */
  public Html in(String tag, Part part, @Nullable String... attributes) throws Exception {
    open(tag, attributes);
    int depth = open.size();
    part.write();
    while (open.size() >= depth) {
      close();
    }
    return this;
  }

  /** Closes all open elements and returns the document. */
  public String end() {
    while (!open.isEmpty()) {
      close();
    }
    return out.toString();
  }

  /**
   * Writes the document's declaration without escaping it.
   *
   * @param constant must be a constant of the program
   */
  Html declaration(String constant) {
    out.append(constant);
    return this;
  }

  private void escape(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> out.append("&amp;");
        case '<' -> out.append("&lt;");
        case '>' -> out.append("&gt;");
        case '"' -> out.append("&quot;");
        case '\'' -> out.append("&#39;");
        default -> {
          // Invisible characters, and those that reverse the text, would disguise it.
          if (isHidden(c)) {
            out.append('\uFFFD');
          } else {
            out.append(c);
          }
        }
      }
    }
  }

  private static boolean isHidden(char c) {
    boolean isControl = (c < ' ' && c != '\n' && c != '\t') || (c >= 0x7f && c < 0xa0);
    boolean isDirection =
        c == 0x061c
            || c == 0x200e
            || c == 0x200f
            || (c >= 0x202a && c <= 0x202e)
            || (c >= 0x2066 && c <= 0x2069);
    return isControl || isDirection;
  }
}
