package io.dromedary.crash;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The proof in short; CONTRIBUTING.md says how to run the long one. */
class CrashIT {

  /** Printed with each run, so that it can be given. */
  private static final long SEED = Long.getLong("crash.seed", System.nanoTime());

  @Test
  void aCrashLosesNothingOnSqlite() throws Exception {
    assertNothingIsLost("sqlite", 20);
  }

  @Test
  void aCrashOfOneOfTwoNodesLosesNothingOnPostgres() throws Exception {
    assertNothingIsLost("postgres", 10);
  }

  @Test
  void aCrashWithoutAnOutboxIsFoundToLoseEvents() throws Exception {
    assertThat(CrashHarness.run("memory", 3, SEED).lost()).isNotEmpty();
  }

  private static void assertNothingIsLost(String store, int kills) throws Exception {
    Report report = CrashHarness.run(store, kills, SEED);

    assertThat(report.problems()).as("%s", report).isEmpty();
    assertThat(report.kills()).isEqualTo(kills);
    // Otherwise nothing has been proved.
    assertThat(report.answered()).isGreaterThan(50 * kills);
  }
}
