package io.dromedary.outbox;

import io.dromedary.outbox.store.DueRows;
import io.dromedary.outbox.store.Lane;
import io.dromedary.outbox.store.MemoryCost;
import io.dromedary.outbox.store.OutboxException;
import io.dromedary.outbox.store.RetryOnce;
import io.dromedary.outbox.store.Store;
import io.dromedary.outbox.store.StoreOperation;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Claims due events of a destination, from both lanes. */
final class ClaimDue extends StoreOperation {

  /**
   * The most that may be claimed.
   *
   * @param most the number of events of both lanes together
   * @param fresh the number of events that have never been attempted, which are claimed first
   * @param retries the number of other events
   * @param bytes the memory they may take by {@link MemoryCost#of}; the last event may exceed it
   */
  record Wanted(int most, int fresh, int retries, long bytes) {

    /** Up to that number of events, from either lane. */
    static Wanted of(int most) {
      return new Wanted(most, most, most, Long.MAX_VALUE);
    }

    /** The memory that fresh events may take. If retries are wanted, a quarter is left for them. */
    long freshBytes() {
      return retries == 0 ? bytes : bytes - bytes / 4;
    }
  }

  /**
   * The result of a claim.
   *
   * @param freshMillis the milliseconds until more fresh events are due; 0 if some may be due now
   * @param retryMillis the milliseconds until more retries are due; 0 if some may be due now
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

  /** Passes the claim to the store's writer. */
  CompletableFuture<Due> ask() {
    try {
      outbox.claim(this);
    } catch (RuntimeException | Error e) {
      giveUp(e);
    }
    return done;
  }

  /**
   * Abandons the claim. If the writer has it already, the events that it claims go back to the
   * store.
   */
  void giveUp(Throwable why) {
    done.completeExceptionally(why);
  }

  CompletableFuture<Due> done() {
    return done;
  }

  @Override
  protected int rows() {
    return wanted.most();
  }

  @Override
  protected void join(Store store, long nowMillis) throws SQLException {
    List<Claim> claims = new ArrayList<>();
    long freshMillis =
        claim(store, Lane.FRESH, wanted.fresh(), wanted.freshBytes(), nowMillis, claims);
    long used = claims.stream().mapToLong(Claim::bytes).sum();
    int retries = Math.min(wanted.retries(), wanted.most() - claims.size());
    long retryMillis = claim(store, Lane.RETRY, retries, wanted.bytes() - used, nowMillis, claims);
    due = new Due(claims, freshMillis, retryMillis);
  }

  /**
   * Claims events of one lane. Returns the milliseconds until more are due; 0 if some may be now.
   */
  private long claim(
      Store store, Lane lane, int most, long bytes, long nowMillis, List<Claim> claims)
      throws SQLException {
    if (most <= 0 || bytes <= 0) {
      return 0;
    }
    long token = Claim.newToken();
    long used = 0;
    List<DueRows.Row> rows =
        store
            .dueRows()
            .claim(
                destination,
                lane,
                most,
                bytes,
                nowMillis,
                nowMillis + outbox.leases().millis(),
                token);
    for (DueRows.Row row : rows) {
      Claim claim = new Claim(outbox, destination, row.id(), row.event(), token);
      claims.add(claim);
      used += claim.bytes();
    }
    return rows.size() == most || used >= bytes
        ? 0
        : Math.max(0, store.dueRows().nextDueMillis(destination, lane, nowMillis) - nowMillis);
  }

  @Override
  protected void committed() {
    // Behind the settlements of before: an event may come back whose settlement is one of them.
    outbox
        .listeners()
        .execute(() -> RetryOnce.call("Events could not be handed over", this::handOver));
  }

  private void handOver() {
    Due claimed = Objects.requireNonNull(due);
    done.complete(claimed);
    if (done.isCompletedExceptionally()) {
      // The caller has abandoned the claim.
      claimed.claims().forEach(Claim::giveBack);
    }
  }

  @Override
  protected void failed(OutboxException failure) {
    done.completeExceptionally(failure);
  }
}
