package io.dromedary.crash;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** That the report finds what must not be: a proof that cannot fail proves nothing. */
class ReportTest {

  private static final int IN_FLIGHT = 2;

  private final Ledger ledger = new Ledger();
  private final int first = ledger.newLife();
  private final int second = ledger.newLife();

  private Acceptance accept(int webhook, int event, int life) {
    return accept(webhook, event, life, System.nanoTime());
  }

  private Acceptance accept(int webhook, int event, int life, long arrivedNanos) {
    Acceptance acceptance = new Acceptance(life, arrivedNanos);
    ledger.accepted(webhook, event, acceptance);
    return acceptance;
  }

  private Report report() {
    return Report.of(1, IN_FLIGHT, ledger);
  }

  @Test
  void anEventThatAWebhookHasNotAcceptedIsLost() {
    ledger.answered(7, 3);
    accept(0, 7, first);
    accept(1, 7, first);
    ledger.arrived(8);
    accept(0, 8, first);

    assertThat(report().problems())
        .containsExactly("2 events were lost (=how often each has come): [8=1, 9=0]");
    assertThat(report().delivered()).isEqualTo(1);
  }

  @Test
  void whatAWebhookHasRejectedIsADeadLetter() {
    ledger.answered(7, 3);
    accept(0, 7, first);
    accept(0, 8, first);
    accept(0, 9, first);
    accept(1, 9, first);
    ledger.rejected(7);
    assertThat(ledger.isAllDone()).isFalse();
    ledger.found(new Remains(Set.of(7, 8), Set.of(), Set.of(7, 10)));

    assertThat(report().problems())
        .containsExactly("2 events are dead letters for no reason: [8, 10]");
    assertThat(report().dead()).isEqualTo(2);
    assertThat(report().told()).isEqualTo(2);
  }

  @Test
  void whatWaitsInTheEndIsStuckAndNotLost() {
    ledger.answered(7, 1);
    ledger.found(new Remains(Set.of(), Set.of(7), Set.of()));

    assertThat(report().problems()).containsExactly("1 events are stuck: [7]");
  }

  @Test
  void whatWasInFlightAtAKillMayComeAgain() {
    accept(0, 7, first).markRead();
    ledger.killed(first);
    accept(0, 7, second);

    assertThat(report().problems()).isEmpty();
    assertThat(report().mostAtOneKill()).isEqualTo(1);
  }

  @Test
  void aKillRepeatsNoMoreThanWasInFlight() {
    for (int event = 0; event < 5; event++) {
      accept(0, event, first);
    }
    ledger.killed(first);
    for (int event = 0; event < 5; event++) {
      accept(0, event, second);
    }

    assertThat(report().problems())
        .containsExactly("a kill has repeated 5 events, but only 4 may have been in flight");
  }

  @Test
  void withoutAKillOnlyAnAnswerThatWasNotReadInTimeExplainsAnotherDelivery() {
    accept(0, 7, first);
    accept(0, 7, first);
    assertThat(report().problems()).isEmpty();
    assertThat(report().unread()).isEqualTo(1);

    accept(0, 8, first).markRead();
    accept(0, 8, first);
    assertThat(report().unexplained())
        .singleElement()
        .asString()
        .matches("8 by life 1 \\(not killed\\), and by life 1 \\d+ ms later");
  }

  @Test
  void anAnswerThatComesTooLateExplainsTheAttemptBeforeWhichItIsRead() {
    long first = System.nanoTime();
    accept(0, 7, 1).markRead();
    accept(0, 7, 1, first);
    assertThat(report().problems()).isEmpty();
    assertThat(report().unread()).isEqualTo(1);

    accept(0, 8, 1, first);
    accept(0, 8, 1, first - 1).markRead();
    assertThat(report().unexplained()).hasSize(1);
  }

  @Test
  void aKillDoesNotExplainWhatItsOwnProcessRepeated() {
    accept(0, 7, first).markRead();
    accept(0, 7, first);
    ledger.killed(first);

    assertThat(report().unexplained()).hasSize(1);
  }

  @Test
  void whatMustNotBeIsAProblem() {
    ledger.surprise("a sender was answered 400");

    assertThat(report().problems()).containsExactly("a sender was answered 400");
  }
}
