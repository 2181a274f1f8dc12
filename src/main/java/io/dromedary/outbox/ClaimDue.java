package io.dromedary.outbox;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Claims what is due of a destination, of either lane. */
final class ClaimDue extends StoreOperation {

  /**
   * How much is to be claimed.
   *
   * @param most of both lanes
   * @param fresh of those that have never been attempted, which go first
   * @param retries of the others
   * @param bytes of memory, by {@link MemoryBudget#cost}: the last claim may exceed it
   */
  record Wanted(int most, int fresh, int retries, long bytes) {

    /** So many, of whatever lane. */
    static Wanted of(int most) {
      return new Wanted(most, most, most, Long.MAX_VALUE);
    }

    /** What fresh events may take, so that retries are not left without. */
    long freshBytes() {
      return retries == 0 ? bytes : bytes - bytes / 4;
    }
  }

  /**
   * What was claimed.
   *
   * @param freshMillis when more fresh events are due, in milliseconds from now: 0 where there may
   *     be some already
   * @param retryMillis when more retries are due
   */
  record Due(List<Claim> claims, long freshMillis, long retryMillis) {

    long nextMillis() {
      return Math.min(freshMillis, retryMillis);
    }
  }

  private final Outbox outbox;
  private final String destination;
  private final Wanted wanted;
  private final CompletableFuture<Due> done = new CompletableFuture<>();
  private @Nullable Due due;

  ClaimDue(Outbox outbox, String destination, Wanted wanted) {
    this.outbox = outbox;
    this.destination = destination;
    this.wanted = wanted;
  }

  /** Begins. */
  CompletableFuture<Due> ask() {
    try {
      outbox.claim(this);
    } catch (RuntimeException | Error e) {
      giveUp(e);
    }
    return done;
  }

  /**
   * Nobody wants them any more: if the writer has been asked all the same, what it claims goes
   * back.
   */
  void giveUp(Throwable why) {
    done.completeExceptionally(why);
  }

  CompletableFuture<Due> done() {
    return done;
  }

  @Override
  int rows() {
    return wanted.most();
  }

  @Override
  void join(Store store, long nowMillis) throws SQLException {
    List<Claim> claims = new ArrayList<>();
    long freshMillis =
        claim(store, Lane.FRESH, wanted.fresh(), wanted.freshBytes(), nowMillis, claims);
    long used = claims.stream().mapToLong(Claim::bytes).sum();
    int retries = Math.min(wanted.retries(), wanted.most() - claims.size());
    long retryMillis = claim(store, Lane.RETRY, retries, wanted.bytes() - used, nowMillis, claims);
    due = new Due(claims, freshMillis, retryMillis);
  }

  /** Claims of a lane, and returns in how many milliseconds more of it is due. */
  private long claim(
      Store store, Lane lane, int most, long bytes, long nowMillis, List<Claim> claims)
      throws SQLException {
    if (most <= 0 || bytes <= 0) {
      return 0;
    }
    long token = token();
    long used = 0;
    List<DueRows.Row> rows =
        store
            .dueRows()
            .claim(
                destination, lane, most, bytes, nowMillis, nowMillis + outbox.leaseMillis(), token);
    for (DueRows.Row row : rows) {
      Claim claim = outbox.claim(destination, row.id(), row.event(), token);
      claims.add(claim);
      used += claim.bytes();
    }
    return rows.size() == most || used >= bytes
        ? 0
        : Math.max(0, store.dueRows().nextDueMillis(destination, lane, nowMillis) - nowMillis);
  }

  @Override
  void committed() {
    // Behind the settlements of before: an event may come back whose settlement is one of them.
    outbox.tellTakers(() -> RetryOnce.call("Events could not be handed over", this::handOver));
  }

  private void handOver() {
    Due claimed = Objects.requireNonNull(due);
    done.complete(claimed);
    if (done.isCompletedExceptionally()) {
      // Who has asked for them has given up.
      claimed.claims().forEach(outbox::giveBack);
    }
  }

  @Override
  void failed(OutboxException failure) {
    done.completeExceptionally(failure);
  }
}
