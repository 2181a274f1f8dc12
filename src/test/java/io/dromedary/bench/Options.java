package io.dromedary.bench;

import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a run of {@link Throughput} is told by system properties, which its children inherit. One
 * that is empty is not set. Besides, {@code bench.status} is what receivers answer, such as {@code
 * 401 Unauthorized}.
 *
 * @param loads {@code bench.loads}: one after the other, see {@link Load}; {@code all} are those of
 *     docs/BENCHMARKS.md
 * @param events {@code bench.events}: those of a round, 60,000 by default, and fewer of a load that
 *     makes more of each
 * @param rounds {@code bench.rounds}: those that are measured, 5 by default
 * @param only {@code bench.only}: the variants to run, {@code raw,b0,b,b2,c,d,e} by default
 * @param before {@code bench.before}: a folder with the compiled classes of an earlier version,
 *     which is run as variant {@code d0}
 * @param parked {@code bench.parked}: how many events wait in the SQLite outbox to be due in three
 *     hours, none by default
 * @param jvm {@code bench.jvm}: options of the children's JVMs, separated by spaces
 * @param settings {@code bench.settings}: further settings of Dromedary, as {@code key=value;...}
 */
record Options(
    List<Load> loads,
    int events,
    int rounds,
    List<String> only,
    String before,
    int parked,
    List<String> jvm,
    Map<String, String> settings) {

  private static final String PREFIX = "bench.";

  private static final String ALL =
      "small/100/1/0,small/1/1/0,large/50/1/0,small/100/3/0,small/100/5/0,small/100/1/50";

  static Options read() {
    String loads = text("loads", "small/100/1/0");
    return new Options(
        list(loads.equals("all") ? ALL : loads, ",").stream().map(Load::of).toList(),
        number("events", 60_000),
        number("rounds", 5),
        list(text("only", "raw,b0,b,b2,c,d,e"), ","),
        text("before", ""),
        number("parked", 0),
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
