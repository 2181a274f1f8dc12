package io.dromedary.delivery.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dromedary.delivery.flow.Signal.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FlowControlTest {

  private static final FlowSettings DEFAULTS = FlowSettings.defaults(256);

  private long now = 1_000;
  private FlowControl flow = new FlowControl(DEFAULTS, () -> now);

  @Test
  void aNewWebhookIsUp() {
    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.UP);
    assertThat(flow.limit()).isEqualTo(16);
    assertThat(flow.nanosUntilNext(false)).isZero();
  }

  @Test
  void itIsDownAfterAttemptsAndTimeAndEventsWithoutALife() {
    fail(3, 19, Duration.ofSeconds(1));
    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.UP);

    attempt(1, Kind.NO_ANSWER);

    FlowState state = flow.state();
    assertThat(state.kind()).isEqualTo(FlowState.Kind.DOWN);
    assertThat(state.reason()).isEqualTo("NO_ANSWER");
    assertThat(state.untilNext()).isEqualTo(Duration.ZERO);
  }

  @Test
  void attemptsInAShortTimeDoNotMakeItDown() {
    fail(3, 100, Duration.ofMillis(90));

    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.UP);
  }

  @Test
  void attemptsAreEnoughWhereNoTimeIsAskedFor() {
    flow =
        new FlowControl(
            new FlowSettings(
                256,
                null,
                0,
                20,
                Duration.ZERO,
                3,
                DEFAULTS.probeInterval(),
                true,
                DEFAULTS.maxPause(),
                DEFAULTS.timeout()),
            () -> now);
    fail(3, 20, Duration.ZERO);

    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.DOWN);
  }

  @Test
  void retriesOfTwoEventsDoNotMakeItDown() {
    fail(2, 100, Duration.ofSeconds(1));

    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.UP);
  }

  @Test
  void oneSignOfLifeBeginsTheCountAnew() {
    for (Kind life : List.of(Kind.ACCEPTED, Kind.REJECTED, Kind.THROTTLED)) {
      fail(3, 19, Duration.ofSeconds(1));
      attempt(1, life);
      assertThat(flow.state().kind()).isNotEqualTo(FlowState.Kind.DOWN);
    }
  }

  @Test
  void nothingIsDownWithoutDetection() {
    FlowSettings settings =
        new FlowSettings(
            256,
            null,
            0,
            20,
            Duration.ofSeconds(10),
            3,
            Duration.ofSeconds(5),
            false,
            Duration.ofMinutes(10),
            Duration.ofSeconds(5));
    flow = new FlowControl(settings, () -> now);

    fail(3, 100, Duration.ofSeconds(1));

    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.UP);
  }

  @Test
  void whileItIsDownOneProbeAnIntervalGoesOutAtOnceAndAlsoWhenOneHangs() {
    fail(3, 20, Duration.ofSeconds(1));

    assertThat(flow.limit()).isEqualTo(1);
    Permit probe = flow.tryAcquire(50, false);
    assertThat(probe).isNotNull();
    assertThat(flow.limit()).isZero();
    assertThat(flow.tryAcquire(51, false)).isNull();
    assertThat(flow.nanosUntilNext(false)).isEqualTo(Duration.ofSeconds(5).toNanos());

    pass(Duration.ofSeconds(5));
    assertThat(flow.limit()).isEqualTo(1);
    assertThat(flow.tryAcquire(51, false)).isNotNull();
  }

  @Test
  void aProbeThatWasNotSentIsAnothers() {
    fail(3, 20, Duration.ofSeconds(1));

    acquire(50).cancelled();

    assertThat(flow.tryAcquire(51, false)).isNotNull();
  }

  @Test
  void theFirstGoodProbeEndsItAndTheRateBeginsLow() {
    fail(3, 20, Duration.ofSeconds(1));

    attempt(50, Kind.ACCEPTED);

    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.LIMITED);
    assertThat(flow.state().ratePerSecond()).isEqualTo(20);
    assertThat(flow.limit()).isEqualTo(4);
  }

  @Test
  void retryAfterPausesWhereNothingIsAccepted() {
    attempt(1, new Signal(Kind.THROTTLED, Duration.ofSeconds(30).toNanos(), "429"));

    FlowState state = flow.state();
    assertThat(state.kind()).isEqualTo(FlowState.Kind.PAUSED);
    assertThat(state.untilNext()).isEqualTo(Duration.ofSeconds(30));
    assertThat(flow.limit()).isZero();
    assertThat(flow.tryAcquire(2, false)).isNull();

    pass(Duration.ofSeconds(30));
    assertThat(flow.tryAcquire(2, false)).isNotNull();
  }

  @Test
  void aPauseIsNoLongerThanTheLongestWait() {
    attempt(1, new Signal(Kind.THROTTLED, Long.MAX_VALUE, "429"));

    assertThat(flow.state().untilNext()).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void retryAfterDoesNotPauseWhereOthersAreAccepted() {
    attempt(1, Kind.ACCEPTED);
    pass(Duration.ofMillis(100));

    attempt(2, new Signal(Kind.THROTTLED, Duration.ofSeconds(30).toNanos(), "429"));

    assertThat(flow.state().kind()).isEqualTo(FlowState.Kind.UP);
    assertThat(flow.tryAcquire(3, false)).isNotNull();
  }

  @Test
  void oneEventThatIsRefusedWithRetryAfterDoesNotPauseTheOthers() {
    attempt(1, Kind.ACCEPTED);
    pass(Duration.ofMinutes(1));

    attempt(2, new Signal(Kind.UNAVAILABLE, Duration.ofSeconds(30).toNanos(), "503"));

    assertThat(flow.tryAcquire(3, false)).isNotNull();
  }

  @Test
  void retriesTakeAQuarterWhileFreshEventsWait() {
    List<Permit> fresh = new ArrayList<>();
    for (Permit next = acquire(0); next != null; next = flow.tryAcquire(1, false)) {
      fresh.add(next);
    }
    fresh.forEach(permit -> permit.ended(Signal.of(Kind.REJECTED, "400")));

    int retries = 0;
    while (flow.tryAcquire(2, true) != null) {
      retries++;
    }

    assertThat(retries).isEqualTo(flow.limit() / 4);
    assertThat(flow.tryAcquire(3, false)).isNotNull();
  }

  @Test
  void retriesTakeAllWhereNothingElseWaits() {
    int retries = 0;
    while (flow.tryAcquire(2, true) != null) {
      retries++;
    }

    assertThat(retries).isEqualTo(16);
  }

  @Test
  void attemptsThatHangDoNotTakeTheRoomOfOthers() {
    attempt(1, Kind.ACCEPTED);
    List<Permit> hanging = new ArrayList<>();
    for (Permit next = acquire(0); next != null; next = flow.tryAcquire(1, false)) {
      hanging.add(next);
    }
    assertThat(flow.nanosUntilNext(false)).isLessThanOrEqualTo(Duration.ofMillis(250).toNanos());
    hanging.remove(0).ended(Signal.of(Kind.ACCEPTED, ""));
    pass(Duration.ofMillis(200));
    attempt(2, Kind.ACCEPTED);
    pass(Duration.ofMillis(100));

    assertThat(flow.tryAcquire(3, false)).isNotNull();
    assertThat(flow.limit()).isEqualTo(16 + hanging.size());
  }

  @Test
  void aReceiverThatHangsAltogetherGetsNoMore() {
    int sent = 0;
    while (flow.tryAcquire(sent, false) != null) {
      sent++;
    }
    pass(Duration.ofSeconds(4));

    assertThat(flow.tryAcquire(sent, false)).isNull();
  }

  @Test
  void theOperatorsLimitsHold() {
    FlowSettings settings =
        new FlowSettings(
            256,
            3,
            10,
            20,
            Duration.ofSeconds(10),
            3,
            Duration.ofSeconds(5),
            true,
            Duration.ofMinutes(10),
            Duration.ofSeconds(5));
    flow = new FlowControl(settings, () -> now);

    int sent = 0;
    for (int i = 0; i < 10_000; i++) {
      Permit permit = flow.tryAcquire(i, false);
      if (permit != null) {
        sent++;
        permit.ended(Signal.of(Kind.ACCEPTED, ""));
      }
      pass(Duration.ofMillis(1));
    }

    assertThat(sent).isBetween(99, 101);
    assertThat(flow.limit()).isEqualTo(3);
  }

  @Test
  void onlyTheFirstEndOfAPermitCounts() {
    Permit permit = acquire(1);
    permit.ended(Signal.of(Kind.ACCEPTED, ""));
    permit.ended(Signal.of(Kind.TIMEOUT, "late"));
    permit.cancelled();

    assertThat(flow.state().reason()).isEmpty();
    int sent = 0;
    while (flow.tryAcquire(sent, false) != null) {
      sent++;
    }
    assertThat(sent).isEqualTo(16);
  }

  @Test
  void settingsThatMeanNothingAreRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FlowSettings.defaults(0))
        .withMessage("mostInFlight is 0, expected at least 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Signal(Kind.THROTTLED, -1, ""))
        .withMessage("retryAfterNanos is -1, expected at least 0");
  }

  private void fail(int events, int attempts, Duration apart) {
    for (int i = 0; i < attempts; i++) {
      attempt(i % events, Kind.NO_ANSWER);
      pass(apart);
    }
  }

  private void attempt(long event, Kind kind) {
    attempt(event, Signal.of(kind, kind.name()));
  }

  private void attempt(long event, Signal signal) {
    flow.permit(event, false, now).ended(signal);
  }

  private Permit acquire(long event) {
    @Nullable Permit permit = flow.tryAcquire(event, false);
    assertThat(permit).isNotNull();
    return permit;
  }

  private void pass(Duration time) {
    now += time.toNanos();
  }
}
