package io.dromedary.outbox.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests which operations share a commit, and in what order they get to it. */
@Timeout(60)
class StoreOperationQueueTest {

  private static final long WAIT_MILLIS = 10_000;

  private final StoreOperationQueue queue = new StoreOperationQueue();

  /** An operation that does nothing. */
  private static final class Named extends StoreOperation {

    private final String name;
    private final int rows;
    private final boolean isLasting;

    Named(String name, int rows, boolean isLasting) {
      this.name = name;
      this.rows = rows;
      this.isLasting = isLasting;
    }

    @Override
    protected int rows() {
      return rows;
    }

    @Override
    protected boolean isLasting() {
      return isLasting;
    }

    @Override
    protected void join(Store store, long nowMillis) {}

    @Override
    protected void committed() {}

    @Override
    protected void failed(OutboxException failure) {}

    @Override
    public String toString() {
      return name;
    }
  }

  private void addBatches(int from, int to) {
    for (int i = from; i <= to; i++) {
      queue.add(new Named("batch" + i, 500, false));
    }
  }

  private void addEvents(String name, int count) {
    for (int i = 0; i < count; i++) {
      queue.add(new Named(name, 1, false));
    }
  }

  private List<String> gather() throws InterruptedException {
    List<StoreOperation> group = new ArrayList<>();
    queue.gather(group, WAIT_MILLIS, false);
    return group.stream().map(StoreOperation::toString).toList();
  }

  @Test
  void batchesShareACommitUpToABound() throws InterruptedException {
    addBatches(1, 9);
    assertThat(gather())
        .containsExactly(
            "batch1", "batch2", "batch3", "batch4", "batch5", "batch6", "batch7", "batch8");
    assertThat(gather()).containsExactly("batch9");
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void anEventOvertakesTheBatchesThatWaitAndTheyFollow() throws InterruptedException {
    addBatches(1, 2);
    addEvents("event1", 1);
    assertThat(gather()).containsExactly("event1");
    addEvents("event2", 1);
    assertThat(gather()).containsExactly("batch1", "event2", "batch2");
    assertThat(queue.isEmpty()).isTrue();
  }

  @Test
  void endlessEventsDoNotHoldABatchBack() throws InterruptedException {
    addBatches(1, 1);
    addEvents("event", 3 * StoreOperationQueue.MOST_ROWS);
    assertThat(gather()).doesNotContain("batch1").hasSize(StoreOperationQueue.MOST_ROWS);
    assertThat(gather()).contains("batch1");
  }

  @Test
  void whatNobodyWaitsForDoesNotOvertake() throws InterruptedException {
    addBatches(1, 1);
    queue.add(new Named("settled", 1, true));
    assertThat(gather()).containsExactly("settled", "batch1");
  }

  @Test
  void groupsThatTakeTooLongGetShorterAndLongerAgain() throws InterruptedException {
    addBatches(1, 100);
    for (int i = 0; i < 5; i++) {
      gather();
      queue.took(StoreOperationQueue.TARGET.multipliedBy(10));
    }
    assertThat(gather()).as("never less than a full batch").hasSize(1);
    queue.took(StoreOperationQueue.TARGET.dividedBy(2));
    assertThat(gather()).hasSize(2);
    queue.took(StoreOperationQueue.TARGET.dividedBy(10));
    assertThat(gather()).hasSize(4);
    queue.took(Duration.ZERO);
    assertThat(gather()).hasSize(8);
  }

  @Test
  void anOperationIsTakenAsSoonAsItComes() throws InterruptedException {
    Thread adding = new Thread(() -> addEvents("event", 1));
    adding.start();
    assertThat(gather()).containsExactly("event");
    adding.join();
  }
}
