package io.dromedary.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The versions of Camel that count as tested. */
class CamelVersionsTest {

  @ParameterizedTest
  @ValueSource(strings = {"4.10.0", "4.14.1", "4.18.2", "4.22.0", "4.18.0.redhat-00001"})
  void tried(String version) {
    assertThat(CamelVersions.isTried(version)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"3.22.0", "4.9.0", "4.23.0", "5.0.0", "4", ""})
  void notTried(String version) {
    assertThat(CamelVersions.isTried(version)).isFalse();
  }

  @Test
  void theOneOfTheApplicationIs() throws IOException {
    try (DefaultCamelContext context = new DefaultCamelContext()) {
      assertThat(CamelVersions.isTried(context.getVersion())).isTrue();
    }
  }
}
