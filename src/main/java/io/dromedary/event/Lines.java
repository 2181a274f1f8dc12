package io.dromedary.event;

import io.dromedary.json.InvalidJsonException;
import io.dromedary.json.JsonReader;
import java.util.ArrayList;
import java.util.List;

/** The lines of a part of a text, without blank ones. */
final class Lines {

  private final byte[] text;
  private final List<int[]> all;

  private Lines(byte[] text, List<int[]> all) {
    this.text = text;
    this.all = all;
  }

  /** Finds the lines from {@code from}, inclusive, to {@code to}, exclusive. */
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

  /** The start, inclusive, and the end, exclusive, of each line. */
  List<int[]> all() {
    return all;
  }

  /** Returns whether there are several lines and at least one of them is a JSON object. */
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
