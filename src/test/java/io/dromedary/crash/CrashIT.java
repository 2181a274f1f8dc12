package io.dromedary.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The proof in short; CONTRIBUTING.md says how to run the long one. */
class CrashIT {

  /** Printed with each run, so that it can be given. */
  private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

  @Test
  void aCrashLosesNothingOnSqlite() throws Exception {
    assertNothingIsLost("sqlite", 12);
  }

  @Test
  void aCrashLosesNothingThatOneOfTwoWebhooksFails() throws Exception {
    Report report = assertNothingIsLost("sqlite-acks-all", 6);
    // Otherwise nothing has been proved of these.
    assertThat(report.dead()).isPositive();
  }

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
    Report report = CrashHarness.run("kafka", kills, SEED);

    assertThat(report.lost()).as("%s", report).isEmpty();
    assertThat(report.surprises()).isEmpty();
    assertThat(report.kills()).isEqualTo(kills);
    assertThat(report.answered()).isGreaterThan(50 * kills);
    // What a dead node had stored without having committed it comes from both, to two webhooks.
    int mostAtOneKill = CrashHarness.IN_FLIGHT + Setup.POLLED * Clients.MOST_IN_BATCH;
    assertThat(report.duplicates()).isLessThanOrEqualTo(2 * kills * mostAtOneKill);
  }

  @Test
  void aCrashWithoutAnOutboxIsFoundToLoseEvents() throws Exception {
    assertThat(CrashHarness.run("memory", 3, SEED).lost()).isNotEmpty();
  }

  private static Report assertNothingIsLost(String store, int kills) throws Exception {
    Report report = CrashHarness.run(store, kills, SEED);

    assertThat(report.problems()).as("%s", report).isEmpty();
    assertThat(report.kills()).isEqualTo(kills);
    // Otherwise nothing has been proved.
    assertThat(report.answered()).isGreaterThan(50 * kills);
    return report;
  }
}
