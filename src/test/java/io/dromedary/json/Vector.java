package io.dromedary.json;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/** A row of {@code vectors/json-stringify.tsv}: a text, and the output of a JavaScript engine. */
record Vector(String name, String input, String output) {

  static List<Vector> all() throws IOException {
    try (InputStream file = Vector.class.getResourceAsStream("/vectors/json-stringify.tsv")) {
      return new String(Objects.requireNonNull(file).readAllBytes(), UTF_8)
          .lines()
          .filter(line -> !line.startsWith("#"))
          .map(line -> line.split("\t", -1))
          .map(row -> new Vector(row[0], decode(row[1]), decode(row[2])))
          .toList();
    }
  }

  private static String decode(String base64) {
    return new String(Base64.getDecoder().decode(base64), UTF_8);
  }

  @Override
  public String toString() {
    return name;
  }
}
