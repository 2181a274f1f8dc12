package io.dromedary.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The proof in short, for a single node; CONTRIBUTING.md says how to run the long one. */
class CrashIT {

  /** Printed with each run, so that it can be given. */
  static final long SEED = Long.getLong("crash.seed", System.nanoTime());

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
  void aCrashWithoutAnOutboxIsFoundToLoseEvents() throws Exception {
    assertThat(CrashHarness.run("memory", 3, SEED).lost()).isNotEmpty();
  }

  static Report assertNothingIsLost(String store, int kills) throws Exception {
    Report report = CrashHarness.run(store, kills, SEED);

    assertThat(report.problems()).as("%s", report).isEmpty();
    assertThat(report.kills()).isEqualTo(kills);
    // Otherwise nothing has been proved.
    assertThat(report.answered()).isGreaterThan(50 * kills);
    return report;
  }
}
