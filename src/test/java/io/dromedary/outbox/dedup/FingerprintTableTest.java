package io.dromedary.outbox.dedup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Tests the table with a seed of 1, so that the first bits of the low half choose the slot. */
class FingerprintTableTest {

  private static final long LAST_SLOT = -1;

  private final FingerprintTable table = new FingerprintTable(1);

  @Example
  void holdsZerosAndOnes() {
    assertThat(table.remove(0, 0)).isZero();
    assertThat(table.add(0, 0, 1)).isTrue();
    assertThat(table.add(-1, -1, 2)).isTrue();
    assertThat(table.add(0, 0, 3)).isFalse();
    assertThat(table.size()).isEqualTo(2);
    assertThat(table.remove(0, 0)).isEqualTo(1);
    assertThat(table.remove(0, 0)).isZero();
    assertThat(table.remove(-1, -1)).isEqualTo(2);
    assertThat(table.size()).isZero();
  }

  @Example
  void idsThatShareTheLastSlotGoOnAtTheFirst() {
    for (int high = 0; high < 8; high++) {
      assertThat(table.add(high, LAST_SLOT, 1)).isTrue();
    }
    // An id whose slot they occupy is placed after them, and moves back when they are removed.
    assertThat(table.add(100, 0, 1)).isTrue();
    for (int high = 0; high < 8; high++) {
      assertThat(table.remove(high, LAST_SLOT)).isEqualTo(1);
      assertThat(table.remove(high, LAST_SLOT)).isZero();
      for (int left = high + 1; left < 8; left++) {
        assertThat(table.add(left, LAST_SLOT, 2)).isFalse();
      }
      assertThat(table.add(100, 0, 2)).isFalse();
    }
    assertThat(table.size()).isEqualTo(1);
  }

  @Example
  void growsAndGivesBack() {
    long least = table.bytes();
    for (int i = 1; i <= 100_000; i++) {
      assertThat(table.add(i, i * 0x9e3779b97f4a7c15L, 1 + i % 2)).isTrue();
      assertThat(table.bytes()).isLessThanOrEqualTo(Math.max(least, 31L * (i + 1)));
    }
    table.removeAll(1 << 1);
    assertThat(table.size()).isEqualTo(50_000);
    assertThat(table.bytes()).isLessThanOrEqualTo(34 * 50_000);
    table.removeAll(1 << 2);
    assertThat(table.size()).isZero();
    assertThat(table.bytes()).isEqualTo(least);
  }

  @Example
  void tagsAreBitsOfALong() {
    assertThat(table.add(1, 1, FingerprintTable.LAST_TAG)).isTrue();
    table.removeAll(1L << FingerprintTable.LAST_TAG);
    assertThat(table.size()).isZero();
    assertThatThrownBy(() -> table.add(1, 1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> table.add(1, 1, 64)).isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Property(tries = 2_000)
  void isAMapOfIdsToTags(@ForAll("steps") List<Step> steps) {
    FingerprintTable table = new FingerprintTable(1);
    Map<Step.Id, Integer> model = new HashMap<>();
    for (Step step : steps) {
      Step.Id id = step.id();
      if (step.kind() < 12) {
        assertThat(table.add(id.high(), id.low(), step.tag()))
            .isEqualTo(model.putIfAbsent(id, step.tag()) == null);
      } else if (step.kind() < 19) {
        Integer tag = model.remove(id);
        assertThat(table.remove(id.high(), id.low())).isEqualTo(tag == null ? 0 : tag);
      } else {
        model.values().removeIf(tag -> tag == step.tag());
        table.removeAll(1L << step.tag());
      }
      assertThat(table.size()).isEqualTo(model.size());
    }
    model.forEach((id, tag) -> assertThat(table.remove(id.high(), id.low())).isEqualTo(tag));
    assertThat(table.size()).isZero();
  }

  /** Generates ids whose slots are near the end of the table and its start. */
  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Step.Id> ids =
        Combinators.combine(
                Arbitraries.longs().between(0, 7),
                Arbitraries.of(0xe8L << 56, 0xffL << 56, LAST_SLOT, 0L, 0x10L << 56, 0x80L << 56))
            .as(Step.Id::new);
    return Combinators.combine(
            Arbitraries.integers().between(0, 19), ids, Arbitraries.integers().between(1, 4))
        .as(Step::new)
        .list()
        .ofMaxSize(300);
  }

  private record Step(int kind, Id id, int tag) {
    private record Id(long high, long low) {}
  }
}
