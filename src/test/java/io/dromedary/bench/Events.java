package io.dromedary.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Events as an analytics SDK sends them, which differ in their messageId only and so cost next to
 * nothing to make.
 */
final class Events {

  /** What stands before the number of an event. */
  static final String ID = "\"messageId\":\"throughput-";

  private static final int DIGITS = 8;

  private static final String PRODUCT =
      """
      {"sku":"45790-%1$d","name":"Walking boots, model %1$d","brand":"Bactrian & Sons","price":%1$d.95,\
      "quantity":%2$d,"attributes":{"colour":"sandy","size":"%3$d","materials":["leather","wool",\
      "rubber"]},"discounts":[{"code":"summer-%1$d","percent":%2$d}],"warehouse":{"id":"eu-%2$d",\
      "city":"Münster","position":[51.96,7.63]},"url":"https://shop.example.com/p/45790-%1$d"}""";

  private final byte[] event;
  private final int number;

  private Events(String products) {
    String start =
        """
        {"type":"track","event":"Order Completed","userId":"019mr8mf4r",\
        "timestamp":"2026-01-31T12:00:00.000Z","properties":{"orderId":"50314b8e9bcf",\
        "revenue":39.95,"currency":"EUR","coupon":"summer","products":[%s]},"context":\
        {"library":{"name":"analytics-java","version":"3.5.4"}},"""
            .formatted(products);
    byte[] before = (start + ID).getBytes(UTF_8);
    number = before.length;
    event = Arrays.copyOf(before, number + DIGITS + 2);
    event[number + DIGITS] = '"';
    event[number + DIGITS + 1] = '}';
  }

  /** Of 0.4 kB. */
  static Events small() {
    return new Events(
        """
        {"sku":"45790-32","price":19,"quantity":1},{"sku":"46493-32","price":3,"quantity":2}""");
  }

  /** Of 7.3 kB, nested five deep. */
  static Events large() {
    return new Events(
        IntStream.range(10, 30)
            .mapToObj(i -> PRODUCT.formatted(i, i % 4 + 1, 28 + i))
            .collect(Collectors.joining(",")));
  }

  int bytes() {
    return event.length;
  }

  byte[] event(int number) {
    byte[] bytes = event.clone();
    write(number, bytes, this.number);
    return bytes;
  }

  /** The events of these numbers, as the tracking API takes them. */
  byte[] batch(int first, int end) {
    byte[] start = "{\"batch\":[".getBytes(UTF_8);
    int length = event.length + 1;
    byte[] bytes = Arrays.copyOf(start, start.length + (end - first) * length + 1);
    for (int i = first; i < end; i++) {
      int at = start.length + (i - first) * length;
      System.arraycopy(event, 0, bytes, at, event.length);
      write(i, bytes, at + this.number);
      bytes[at + event.length] = ',';
    }
    bytes[bytes.length - 2] = ']';
    bytes[bytes.length - 1] = '}';
    return bytes;
  }

  private static void write(int number, byte[] bytes, int at) {
    int rest = number;
    for (int i = at + DIGITS - 1; i >= at; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }
}
