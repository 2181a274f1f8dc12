package io.dromedary.event;

import io.dromedary.settings.DestinationSettings;
import io.dromedary.settings.Settings;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the destinations of an event by its type and by its source. The write key identifies the
 * source. A destination without sources takes the events of all sources, and one with sources takes
 * only theirs. The default destination also takes events whose key is missing or unknown, which is
 * possible for events that do not come by HTTP, so none of them is lost. Immutable.
 */
public final class DestinationChoice {

  /**
   * A destination that an event may go to.
   *
   * @param part the name of its part of the outbox
   * @param events the types that it takes
   * @param sources the write keys whose events it takes; if empty, all
   * @param takesUnnamed whether it also takes events whose key no destination names
   */
  public record Candidate(
      String part, Set<EventType> events, List<String> sources, boolean takesUnnamed) {

    private boolean takes(@Nullable String source) {
      return sources.isEmpty() || (source == null ? takesUnnamed : sources.contains(source));
    }
  }

  private final Map<String, Map<EventType, List<String>>> bySource = new HashMap<>();
  private final Map<EventType, List<String>> ofUnnamed;

  /** Chooses among these destinations. */
  public DestinationChoice(List<Candidate> candidates) {
    Set<String> sources = new HashSet<>();
    candidates.forEach(candidate -> sources.addAll(candidate.sources()));
    sources.forEach(source -> bySource.put(source, byType(candidates, source)));
    ofUnnamed = byType(candidates, null);
  }

  /** Chooses among all destinations of the settings. */
  public static DestinationChoice of(Settings settings) {
    return new DestinationChoice(
        settings.destinations().values().stream()
            .map(
                each ->
                    new Candidate(
                        each.name(),
                        types(each.events()),
                        each.writeKeys(),
                        each.name().equals(DestinationSettings.DEFAULT)))
            .toList());
  }

  private static Set<EventType> types(Set<String> names) {
    return Stream.of(EventType.values())
        .filter(type -> names.contains(type.json()))
        .collect(Collectors.toUnmodifiableSet());
  }

  private static Map<EventType, List<String>> byType(
      List<Candidate> candidates, @Nullable String source) {
    Map<EventType, List<String>> chosen = new EnumMap<>(EventType.class);
    for (EventType type : EventType.values()) {
      List<String> parts = new ArrayList<>();
      for (Candidate candidate : candidates) {
        if (candidate.events().contains(type) && candidate.takes(source)) {
          parts.add(candidate.part());
        }
      }
      chosen.put(type, List.copyOf(parts));
    }
    return chosen;
  }

  /**
   * The parts of the outbox that an event goes to, empty if no destination takes it.
   *
   * @param source the write key that the event came with, or null
   */
  List<String> of(EventType type, @Nullable String source) {
    return bySource.getOrDefault(source, ofUnnamed).getOrDefault(type, List.of());
  }
}
