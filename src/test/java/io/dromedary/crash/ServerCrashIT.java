package io.dromedary.crash;

import static io.dromedary.crash.CrashIT.assertNothingIsLost;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The proof in short, where a database server or a broker goes on when a node crashes. */
class ServerCrashIT {

  @Test
  void aCrashOfOneOfTwoNodesLosesNothingOnPostgres() throws Exception {
    assertNothingIsLost("postgres", 6);
  }

  @Test
  void aCrashLosesNothingOfAQueue() throws Exception {
    assertNothingIsLost("jms", 2);
  }

  @Test
  void aCrashOfOneOfTwoConsumersLosesNothingOfATopic() throws Exception {
    int kills = 2;
    Report report = CrashHarness.run("kafka", kills, CrashIT.SEED);

    assertThat(report.lost()).as("%s", report).isEmpty();
    assertThat(report.surprises()).isEmpty();
    assertThat(report.kills()).isEqualTo(kills);
    assertThat(report.answered()).isGreaterThan(50 * kills);
    // What a dead node had stored without having committed it comes from both, to two webhooks.
    int mostAtOneKill = CrashHarness.IN_FLIGHT + Setup.POLLED * Clients.MOST_IN_BATCH;
    assertThat(report.duplicates()).isLessThanOrEqualTo(2 * kills * mostAtOneKill);
  }
}
