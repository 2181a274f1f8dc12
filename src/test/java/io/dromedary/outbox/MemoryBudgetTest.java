package io.dromedary.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.outbox.MemoryBudget.Account;
import io.dromedary.outbox.store.MemoryCost;
import io.dromedary.settings.HeapShare;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests how destinations share the memory for their events. */
class MemoryBudgetTest {

  private static final int LONGEST = 1_000;
  private static final long RESERVED = MemoryCost.CLAIM_BYTES + 3 * LONGEST;

  private static long takeAll(Account account, long cost) {
    long taken = 0;
    while (account.tryTake(cost, new AtomicLong())) {
      taken += cost;
    }
    return taken;
  }

  @Test
  void oneMayTakeFourFifthsAndAnotherStillFindsRoom() {
    MemoryBudget budget = new MemoryBudget(1_000_000 + 2 * RESERVED, LONGEST);
    Account one = budget.open();
    Account other = budget.open();

    assertThat(takeAll(one, 1_000)).isBetween(790_000L, 801_000L);
    assertThat(takeAll(other, 1_000)).isBetween(150_000L, 200_000L);
    // As the first destination gives back its excess, the other one gets its share.
    assertThat(one.tryTake(1_000, new AtomicLong())).isFalse();
    for (int i = 0; i < 400; i++) {
      one.give(new AtomicLong(1_000));
    }
    assertThat(takeAll(other, 1_000) + other.used()).isGreaterThan(400_000);
    one.close();
    assertThat(budget.used()).isEqualTo(other.used());
  }

  /** With any number of destinations in any order, each gets memory and the sum is bounded. */
  @ParameterizedTest
  @CsvSource({"128,1", "128,50", "256,50", "2048,50", "8192,3"})
  void theSumIsBoundedAndNoneStarves(long mebibytes, int destinations) {
    long bytes = HeapShare.CLAIMS.bytes(mebibytes << 20);
    MemoryBudget budget = new MemoryBudget(bytes, 64 * 1024);
    List<Account> accounts = IntStream.range(0, destinations).mapToObj(i -> budget.open()).toList();
    long cost = MemoryCost.CLAIM_BYTES + 3 * 32_000;
    Random random = new Random(7);
    long most = 0;
    for (int i = 0; i < 100_000; i++) {
      Account account = accounts.get(random.nextInt(destinations));
      if (!account.tryTake(cost, new AtomicLong())) {
        assertThat(account.used()).isPositive();
        account.give(new AtomicLong(cost));
      }
      most = Math.max(most, budget.used());
    }
    assertThat(most).isLessThanOrEqualTo(bytes);
    assertThat(accounts)
        .allMatch(account -> account.used() > 0 || account.tryTake(cost, new AtomicLong()));
  }

  @Test
  void aLongEventGoesOnAloneAndNothingElseWithIt() {
    MemoryBudget budget = new MemoryBudget(100_000, LONGEST);
    Account account = budget.open();
    assertThat(account.available()).isPositive();
    assertThat(account.tryTake(10_000_000, new AtomicLong())).isTrue();
    assertThat(account.available()).isZero();
    assertThat(account.tryTake(1, new AtomicLong())).isFalse();
    Account other = budget.open();
    assertThat(other.tryTake(500, new AtomicLong())).isTrue();
    assertThat(other.tryTake(500, new AtomicLong())).isFalse();
    account.give(new AtomicLong(10_000_000));
    assertThat(other.tryTake(500, new AtomicLong())).isTrue();
  }

  @Test
  void whatWaitsLeavesAsMuchForOthers() {
    MemoryBudget budget = new MemoryBudget(1_000_000 + RESERVED, LONGEST);
    Account account = budget.open();
    long waits = 0;
    while (account.tryTake(1_000, new AtomicLong())) {
      waits += account.mayWait(waits + 1_000) ? 1_000 : 0;
    }
    assertThat(waits).isBetween(490_000L, 510_000L);
    account.give(new AtomicLong(500_000));
    assertThat(account.mayWait(1_000)).isTrue();
  }

  @Test
  void whatIsClosedCountsNoMore() {
    MemoryBudget budget = new MemoryBudget(1_000_000, LONGEST);
    Account account = budget.open();
    account.take(700, new AtomicLong());
    account.close();
    account.give(new AtomicLong(700));
    account.take(900, new AtomicLong());
    account.close();
    assertThat(budget.used()).isZero();
    assertThat(budget.shared()).isEqualTo(1_000_000);
  }
}
