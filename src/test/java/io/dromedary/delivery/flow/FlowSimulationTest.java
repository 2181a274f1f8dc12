package io.dromedary.delivery.flow;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.delivery.flow.FlowCase.Result;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tests the flow control with simulated receivers, on a virtual clock. */
class FlowSimulationTest {

  /** Longer cases are left to {@link FlowExperiments}. */
  private static final double MOST_ATTEMPTS = 100_000;

  /** The required share of the possible throughput within the first half minute. */
  private static final double LEAST_SHARE = 0.1;

  private static final double HALF = 0.5;
  private static final int RANDOM_RECEIVERS = 1000;

  /**
   * The longest time without an acceptance at a receiver that accepts anything, beside a timeout.
   */
  private static final double LONGEST_SILENCE_SECONDS = 8;

  /**
   * The same for less than ten events per second, where a queue still works on timed-out attempts.
   */
  private static final double LONGEST_SILENCE_SLOW_SECONDS = 25;

  static Stream<FlowCase> receivers() {
    return FlowCases.with(256).stream().filter(each -> each.size() <= MOST_ATTEMPTS);
  }

  @ParameterizedTest
  @MethodSource("receivers")
  void mostOfWhatIsPossibleGetsThroughAndLittleIsRefused(FlowCase receiver) {
    Result result = receiver.run(1);

    assertThat(result.share()).as("share of what is possible").isGreaterThan(receiver.share());
    assertThat(result.refused()).as("refused").isLessThanOrEqualTo(receiver.mostRefused());
    assertThat(result.refusedFirstMinute())
        .as("refused in the first minute")
        .isLessThanOrEqualTo(receiver.mostRefused());
  }

  @Test
  void asManyAreInFlightAsASlowReceiverNeedsWithinTwoSeconds() {
    FlowCase slow = named(2000, "50 ms /2000").lasting(4);

    assertThat(slow.run(1).fullFrom()).isLessThan(2);
  }

  @Test
  void fewAreInFlightToAReceiverThatAnswersAtOnce() {
    assertThat(named(2000, "at once /2000").lasting(3).run(1).mostInFlight()).isLessThan(130);
  }

  @Test
  void aReceiverThatComesBackIsAtFullRateWithinTenSecondsAndNeverGetsTwiceWhatItTakes() {
    FlowCase back = named(256, "503 for 10 min, then 503 beyond 400/s /256");

    Result result = back.run(1);

    assertThat(result.fullFrom()).isEqualTo(630);
    for (int i = 605; i < 700; i++) {
      int taken = Math.max(400, result.seconds().get(i).accepted);
      assertThat(result.seconds().get(i).sent).as("sent in second %d", i).isLessThan(2 * taken);
    }
    assertThat(result.seconds().get(300).state).isEqualTo(FlowState.Kind.DOWN);
    assertThat(result.seconds().get(300).sent).isLessThanOrEqualTo(1);
  }

  @Test
  void noReceiverThatAcceptsAnythingIsBroughtToAStandstill() {
    int poor = 0;
    for (long seed = 0; seed < RANDOM_RECEIVERS; seed++) {
      poor += check(seed) < HALF ? 1 : 0;
    }

    assertThat(poor).as("receivers that got less than half").isLessThanOrEqualTo(5);
  }

  private static double check(long seed) {
    FlowCase receiver = RandomReceivers.of(seed, 30);

    Result result = receiver.run(seed);

    assertThat(result.share())
        .as("share of what is possible, %s", receiver)
        .isGreaterThan(LEAST_SHARE);
    assertThat(result.longestSilence())
        .as("silence, %s", receiver)
        .isLessThan(
            receiver.perfect() < 10 ? LONGEST_SILENCE_SLOW_SECONDS : LONGEST_SILENCE_SECONDS);
    return result.share();
  }

  private static FlowCase named(int mostInFlight, String name) {
    List<FlowCase> cases = FlowCases.with(mostInFlight);
    return cases.stream().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }
}
