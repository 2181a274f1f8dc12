package io.dromedary.delivery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class StartGateTest {

  private final StartGate gate = new StartGate(8);
  private final AtomicInteger opened = new AtomicInteger();

  private int begin(int attempts) {
    int begun = gate.begun();
    for (int i = 1; i < attempts; i++) {
      assertThat(gate.begun()).isEqualTo(begun);
    }
    return begun;
  }

  @Test
  void closesWhenTooMuchIsUnwritten() {
    begin(7);
    assertThat(gate.isOpen()).isTrue();
    begin(1);
    assertThat(gate.isOpen()).isFalse();
  }

  @Test
  void tellsWhenAQuarterIsFree() {
    gate.whenOpen(opened::incrementAndGet);
    int begun = begin(8);
    gate.written(begun);
    assertThat(gate.isOpen()).isTrue();
    assertThat(opened).hasValue(0);
    gate.written(begun);
    assertThat(opened).hasValue(1);
  }

  @Test
  void whatWaitsForItsConnectionDoesNotKeepItClosed() {
    int connecting = begin(8);
    gate.look();
    assertThat(gate.isOpen()).isTrue();
    int begun = begin(8);
    assertThat(gate.isOpen()).isFalse();
    // It is not counted any more, so it frees nothing.
    gate.written(connecting);
    assertThat(gate.isOpen()).isFalse();
    gate.written(begun);
    assertThat(gate.isOpen()).isTrue();
  }
}
