package io.dromedary.faults;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The calls whose failure may lose or forge an event; CONTRIBUTING.md says how to make all of them
 * fail.
 */
class FaultSuiteTest {

  private static FaultSuite suite;

  @BeforeAll
  static void changeTheCode() {
    suite = new FaultSuite();
  }

  @AfterAll
  static void changeItBack() {
    suite.close();
  }

  /** What decides whether a sender is told the truth. */
  private static final String STORING =
      "Connection.commit in|executeBatch in Store|FingerprintTable.put"
          + "|EventReader.end |TrackingApi.(bytes|type) |OutboxProducer.(notStored|append) ";

  @ParameterizedTest
  @CsvSource({"sqlite, http", "postgres, source"})
  void nothingIsLostForgedStuckOrAnsweredFalsely(String store, String inbound) throws Exception {
    FaultSuite.Summary summary = suite.run(store, inbound, "1/7", STORING);

    assertThat(summary.bad()).as("%s", summary).isEmpty();
    assertThat(summary.reached()).isGreaterThan(5);
  }

  /** Where a step is broken off that is repeated, or that nobody repeats. */
  @Test
  void noStepIsHalfDone() throws Exception {
    FaultSuite.Summary summary =
        suite.run(
            "sqlite",
            "source",
            "1/6",
            "InputStream.read #[12]|doTry|dromedary-read-marshalled"
                + "|(EventStream.(from|read|next)|ClaimCounts.move|Claiming.ask|DueTimes.unknown"
                + "|ElasticThreads.Member.work|OutboxConsumer.(deliver|settle)|StoreOperation.setTold"
                + "|Round.aggregate) ");

    assertThat(summary.bad()).as("%s", summary).isEmpty();
    assertThat(summary.reached()).isGreaterThan(5);
  }

  /** Where an event, a claim or an answer is in nobody's hands for a moment. */
  @Test
  void nothingIsDroppedFromHandToHand() throws Exception {
    FaultSuite.Summary summary =
        suite.run(
            "sqlite",
            "http",
            "1/5",
            " task |(Append|Settle|ClaimDue|InMemoryClaims).committed |ClaimDue.rows |Store.commit(ted)? |ClaimQueue.(take|settled|leave) "
                + "|Claiming.(answer|giveBack) |OutboxProducer.(storeAndGoOn|process) ");

    assertThat(summary.bad()).as("%s", summary).isEmpty();
    assertThat(summary.reached()).isGreaterThan(10);
  }
}
