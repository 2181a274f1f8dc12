package io.dromedary.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How long an address has to wait that tries keys. */
class WrongKeysTest {

  private final AtomicLong nanos = new AtomicLong(-1);
  private final WrongKeys keys = new WrongKeys("key", nanos::get);

  private void addAll(String address) {
    for (int i = 0; i < WrongKeys.MOST; i++) {
      assertThat(keys.areTooMany(address)).isFalse();
      keys.add(address);
    }
  }

  @Test
  void anAddressWaitsForTheRestOfAMinuteAndOthersDoNot() {
    addAll("192.0.2.1");

    assertThat(keys.areTooMany("192.0.2.1")).isTrue();
    assertThat(keys.areTooMany("192.0.2.2")).isFalse();
    nanos.addAndGet(Duration.ofMinutes(1).toNanos());
    assertThat(keys.areTooMany("192.0.2.1")).isFalse();
    addAll("192.0.2.1");
    assertThat(keys.areTooMany("192.0.2.1")).isTrue();
  }

  @Test
  void anotherAddressOfTheSameNetworkIsNoOther() {
    addAll("2001:db8:0:1:0:0:0:1");

    assertThat(keys.areTooMany("2001:db8:0:1:a:b:c:d")).isTrue();
    assertThat(keys.areTooMany("2001:db8:0:2:0:0:0:1")).isFalse();
  }

  @Test
  void addressesThatAreTooManyToBeCountedCountTogether() {
    for (int i = 0; i < 5_000; i++) {
      keys.add("10.0." + i / 250 + "." + i % 250);
    }

    assertThat(keys.areTooMany("192.0.2.1")).isTrue();
    assertThat(keys.areTooMany("10.0.0.1")).isFalse();
  }
}
