package io.dromedary.bench;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run of {@link Throughput} is told by system properties, which its children inherit. One
 * that is empty is not set.
 *
 * @param events {@code bench.events}: those of a round, 60,000 by default
 * @param rounds {@code bench.rounds}: those that are measured, 5 by default
 * @param size {@code bench.event}: {@code small} (0.4 kB, the default) or {@code large} (7.3 kB)
 * @param batch {@code bench.batch}: events of a post to Dromedary, by default 100 small or 50 large
 *     ones
 * @param delay {@code bench.delay}: how many milliseconds the receiver waits before it answers, 0
 *     by default
 * @param only {@code bench.only}: the variants to run, {@code raw,b,b2,d} by default
 * @param jvm {@code bench.jvm}: options of the children's JVMs, separated by spaces
 * @param settings {@code bench.settings}: further settings of Dromedary, as {@code key=value;...}
 */
record Options(
    int events,
    int rounds,
    String size,
    int batch,
    Duration delay,
    List<String> only,
    List<String> jvm,
    Map<String, String> settings) {

  private static final String PREFIX = "bench.";

  static Options read() {
    String size = text("event", "small");
    return new Options(
        number("events", 60_000),
        number("rounds", 5),
        size,
        number("batch", size.equals("large") ? 50 : 100),
        Duration.ofMillis(number("delay", 0)),
        list(text("only", "raw,b,b2,d"), ","),
        list(text("jvm", ""), " "),
        list(text("settings", ""), ";").stream()
            .map(setting -> setting.split("=", 2))
            .collect(Collectors.toMap(pair -> pair[0].strip(), pair -> pair[1].strip())));
  }

  /** The options of a child's JVM. */
  Stream<String> ofChild() {
    return Stream.concat(
        jvm.stream(),
        System.getProperties().stringPropertyNames().stream()
            .filter(key -> key.startsWith(PREFIX))
            .map(key -> "-D" + key + "=" + System.getProperty(key)));
  }

  Events ofSize() {
    return switch (size) {
      case "small" -> Events.small();
      case "large" -> Events.large();
      default ->
          throw new IllegalArgumentException(
              "bench.event is \"" + size + "\", expected small or large");
    };
  }

  private static int number(String key, int otherwise) {
    return Integer.parseInt(text(key, Integer.toString(otherwise)));
  }

  private static String text(String key, String otherwise) {
    String value = System.getProperty(PREFIX + key, "");
    return value.isBlank() ? otherwise : value;
  }

  private static List<String> list(String text, String separator) {
    return Stream.of(text.split(separator)).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }
}
