package io.dromedary.event;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonReader;
import java.util.ArrayList;
import java.util.List;

/** The lines of a part of a text that are not blank. */
final class Lines {

  private final byte[] text;
  private final List<int[]> all;

  private Lines(byte[] text, List<int[]> all) {
    this.text = text;
    this.all = all;
  }

  /** The lines of the bytes from {@code from} to before {@code to}. */
  static Lines of(byte[] text, int from, int to) {
    List<int[]> lines = new ArrayList<>();
    int start = from;
    for (int i = from; i <= to; i++) {
      if (i == to || text[i] == '\n') {
        if (!isBlank(text, start, i)) {
          lines.add(new int[] {start, i});
        }
        start = i + 1;
      }
    }
    return new Lines(text, lines);
  }

  private static boolean isBlank(byte[] text, int from, int to) {
    for (int i = from; i < to; i++) {
      if (text[i] > ' ' || text[i] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Where each begins and ends. */
  List<int[]> all() {
    return all;
  }

  /** Whether there are several, of which one at least is a JSON object. */
  boolean holdObjects() {
    return all.size() > 1 && all.stream().anyMatch(this::isObject);
  }

  private boolean isObject(int[] line) {
    try {
      JsonReader json = new JsonReader(text, line[0], line[1]);
      json.readObject();
      json.end();
      return true;
    } catch (InvalidJsonException e) {
      return e.reason() == InvalidJsonException.Reason.NOT_FINITE;
    }
  }
}
