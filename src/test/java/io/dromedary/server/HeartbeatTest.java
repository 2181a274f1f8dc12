package io.dromedary.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Tests the end of a process whose server has stopped working. */
@Timeout(60)
class HeartbeatTest {

  @Test
  void aServerThatRunsNothingEndsItsProcess() throws Exception {
    Vertx vertx = Vertx.vertx();
    CountDownLatch free = new CountDownLatch(1);
    CompletableFuture<String> end = new CompletableFuture<>();
    try {
      Context context = vertx.getOrCreateContext();
      Heartbeat heartbeat = new Heartbeat(context, Duration.ofSeconds(3), end::complete);
      CompletableFuture<Void> blocked = new CompletableFuture<>();
      context.runOnContext(
          task -> {
            blocked.complete(null);
            try {
              free.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
      blocked.get(10, TimeUnit.SECONDS);
      heartbeat.start();

      assertThat(end.get(30, TimeUnit.SECONDS)).isEqualTo("its HTTP server has not run for 3 s");
    } finally {
      free.countDown();
      vertx.close().toCompletionStage().toCompletableFuture().join();
    }
  }
}
