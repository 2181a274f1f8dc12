package io.dromedary.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RepeatedLinesTest {

  private final List<String> told = new ArrayList<>();
  private long nanos = 17;
  private final RepeatedLines<String> lines = new RepeatedLines<>(() -> nanos);
  private final RepeatedLines<String> unticked = new RepeatedLines<>(() -> nanos);

  private void tick() {
    lines.tick(
        (kind, count) -> told.add(kind + " " + count),
        (kind, lasted) ->
            told.add(kind + " is over after " + TimeUnit.NANOSECONDS.toSeconds(lasted)));
  }

  private void pass(int seconds) {
    nanos += TimeUnit.SECONDS.toNanos(seconds);
    tick();
  }

  /** Releases the kinds for other tests. */
  @AfterEach
  void end() {
    lines.end();
  }

  @Test
  void tellsTheFirstAtOnceThenOneAMinuteAndTheEnd() {
    assertThat(lines.isFirst("refused")).isTrue();
    for (int i = 0; i < 1000; i++) {
      assertThat(lines.isFirst("refused")).isFalse();
    }
    pass(59);
    assertThat(told).isEmpty();
    pass(1);
    assertThat(told).containsExactly("refused 1000");
    assertThat(lines.isFirst("refused")).isFalse();
    pass(30);
    pass(30);
    pass(60);

    assertThat(told).containsExactly("refused 1000", "refused 1", "refused is over after 180");
    assertThat(lines.isFirst("refused")).isTrue();
  }

  @Test
  void eachKindHasALineOfItsOwn() {
    assertThat(lines.isFirst("refused")).isTrue();
    assertThat(lines.isFirst("5xx")).isTrue();
  }

  @Test
  void tellsWhenItHappensWhereNobodyTicks() {
    assertThat(unticked.untold("a")).isEqualTo(1);
    assertThat(unticked.untold("a")).isZero();
    assertThat(unticked.untold("a")).isZero();
    nanos += TimeUnit.MINUTES.toNanos(1);
    assertThat(unticked.untold("a")).isEqualTo(3);
    assertThat(unticked.untold("a")).isZero();
    assertThat(unticked.untold("b")).isEqualTo(1);
  }

  /** A source of ever new kinds cannot fill the disk. */
  @Test
  void noMoreKindsThanFiftyHaveLines() {
    int first = 0;
    for (int i = 0; i < 1000; i++) {
      first += lines.isFirst("kind-" + i) ? 1 : 0;
    }
    // Other tests in this JVM may use some.
    assertThat(first).isBetween(10, 50);
    pass(60);
    assertThat(lines.isFirst("kind-999")).isTrue();
    lines.end();
    assertThat(lines.isFirst("kind-998")).isTrue();
  }
}
