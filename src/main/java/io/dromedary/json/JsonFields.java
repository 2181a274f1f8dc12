package io.dromedary.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;

/** Writes the fields of a JSON object: an answer, a dead letter, a page. */
@FunctionalInterface
public interface JsonFields {

  /** Writes the fields. */
  void write(JsonGenerator json) throws IOException;

  /** Returns an object with these fields as text, on one line. */
  static String write(JsonFields fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = Factory.JSON.createGenerator(text)) {
      json.writeStartObject();
      fields.write(json);
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory does not fail", e);
    }
    return text.toString();
  }

  /** Holds the factory, which would be public as a field of the interface. */
  final class Factory {
    private static final JsonFactory JSON = new JsonFactory();

    private Factory() {}
  }
}
