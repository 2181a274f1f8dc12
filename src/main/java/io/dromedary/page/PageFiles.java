package io.dromedary.page;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The three static files of the page, read once; no other name is served. Immutable. */
final class PageFiles {

  private static final Map<String, String> TYPES =
      Map.of(
          "page.css", "text/css; charset=utf-8",
          "page.js", "text/javascript; charset=utf-8",
          "icon.svg", "image/svg+xml");

  /** The text of each file, by its name. */
  private final Map<String, String> texts;

  PageFiles() {
    this.texts =
        Map.of(
            "page.css", read("page.css"),
            "page.js", read("page.js"),
            "icon.svg", read("icon.svg"));
  }

  private static String read(String name) {
    try (InputStream in = PageFiles.class.getResourceAsStream("/dromedary/page/" + name)) {
      return new String(Objects.requireNonNull(in, name).readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("The file " + name + " of the jar cannot be read.", e);
    }
  }

  static boolean has(String name) {
    return TYPES.containsKey(name);
  }

  /** The file of that name, or null if there is none. */
  @Nullable PageAnswer get(String name) {
    String text = texts.get(name);
    String type = TYPES.get(name);
    return text == null || type == null ? null : new PageAnswer(200, type, text, Map.of());
  }
}
