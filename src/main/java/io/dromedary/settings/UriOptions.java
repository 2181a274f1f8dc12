package io.dromedary.settings;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The options in the URI of a Camel endpoint, each {@code name=value}. */
final class UriOptions {

  private UriOptions() {}

  static Stream<String> of(String uri) {
    return Arrays.stream(uri.split("[?&]")).skip(1);
  }

  static Set<String> names(String uri) {
    return of(uri).map(UriOptions::name).collect(Collectors.toSet());
  }

  /** Returns the URI with the options that it does not set itself. */
  static String with(String uri, List<String> options) {
    Set<String> own = names(uri);
    String added =
        options.stream()
            .filter(option -> !own.contains(name(option)))
            .collect(Collectors.joining("&"));
    return added.isEmpty() ? uri : uri + (uri.contains("?") ? "&" : "?") + added;
  }

  private static String name(String option) {
    return option.replaceFirst("=.*", "");
  }
}
