package io.dromedary.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.settings.DestinationSettings;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EventTypeTest {

  /** The settings know no events, so they have the names a second time. */
  @Test
  void theSettingsNameEachType() {
    assertThat(Stream.of(EventType.values()).map(EventType::json))
        .containsExactlyElementsOf(DestinationSettings.EVENT_TYPES);
  }
}
