package io.dromedary.outbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.dromedary.outbox.store.InMemoryClaims.Noted;
import io.dromedary.outbox.store.InMemoryClaims.Position;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Tests the state of in-memory claims after a rollback. */
class InMemoryClaimsTest {

  private static final OutboxEvent ROW =
      new OutboxEvent("id", "track", Instant.EPOCH, new byte[0], 1, "old");

  private final InMemoryClaims held = new InMemoryClaims();

  @Test
  void whatIsNotedOutlivesARollbackOfItsClaimAndEndsWithTheCommit() {
    held.claim(7);
    held.committed();
    assertThat(held.note(7, new Noted(1000, 3, "new"))).isTrue();
    held.position("orders", Lane.FRESH, 1000);

    held.claim(7);
    assertThat(held.asNoted(7, ROW).progress()).isEqualTo("new");
    held.rolledBack();
    assertThat(held.has(7)).isFalse();

    held.claim(7);
    assertThat(held.asNoted(7, ROW).attempts()).isEqualTo(3);
    held.committed();
    assertThat(held.asNoted(7, ROW)).isSameAs(ROW);
  }

  @Test
  void aRollbackTakesBackClaimsReleasesAndPositions() {
    held.claim(1);
    held.committed();
    held.release(1);
    held.claim(1);
    held.claim(2);
    held.readTo("orders", Lane.FRESH, 5, 2);
    held.rolledBack();

    assertThat(held.has(1)).isTrue();
    assertThat(held.has(2)).isFalse();
    assertThat(held.position("orders", Lane.FRESH, 10)).isEqualTo(Position.START);
  }
}
