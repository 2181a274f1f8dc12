package io.dromedary.attack;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A short run of each attack: the process lives, and loses nothing. */
@Timeout(240)
class AttackIT {

  @Test
  void whoeverAttacksAHealthySenderIsServed(@TempDir Path folder) throws Exception {
    try (AttackSuite suite = new AttackSuite(folder)) {
      for (Attack attack : Attack.values()) {
        AttackSuite.Report report = suite.attack(attack, true, Duration.ofSeconds(2));
        assertThat(report.accepted()).as(report.toString()).isPositive();
        suite.check();
      }
      assertThat(suite.log()).doesNotContain("OutOfMemoryError");
    }
  }
}
