package io.dromedary.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.testing.LogLines;
import org.junit.jupiter.api.Test;

class AuditTest {

  @Test
  void saysWhoHasDoneWhatToHowMany() {
    try (LogLines log = LogLines.of("io.dromedary.audit")) {
      Audit.done("dead-letters.replay", "anna", "reason=expired&destination=crm", 1204);
      Audit.done("pending.delete", "loopback", "", 0);

      assertThat(log.lines())
          .containsExactly(
              "INFO dead-letters.replay by anna: 1204 (reason=expired&destination=crm)",
              "INFO pending.delete by loopback: 0 (all)");
      assertThat(LogLines.keyValues(log.events().get(0)))
          .isEqualTo(
              "event=\"audit\" action=\"dead-letters.replay\" who=\"anna\""
                  + " filter=\"reason=expired&destination=crm\" count=\"1204\"");
    }
  }

  /** A caller with a secret may send any user name, which must not forge lines of the log. */
  @Test
  void writesOneLineOfBoundedLengthWhateverTheNameIs() {
    try (LogLines log = LogLines.of("io.dromedary.audit")) {
      Audit.done("test", "a\nERROR x\r\u001b[31m\u2028\u202e", "id=" + "1,".repeat(1000), 1);

      String line = log.lines().get(0);
      assertThat(line)
          .startsWith("INFO test by a\uFFFDERROR x\uFFFD\uFFFD[31m\uFFFD\uFFFD: 1 (id=1,");
      assertThat(line).endsWith("…)").hasSizeLessThan(400);
    }
  }
}
