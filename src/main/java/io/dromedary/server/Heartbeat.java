package io.dromedary.server;

import io.vertx.core.Context;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Ends a process that runs but does not work: its server has not run a task for a minute, or memory
 * has been exhausted for a minute, for example after an Error that ended a thread of the server. A
 * supervisor restarts it, and no accepted event is lost.
 *
 * <p>It uses a thread of its own, because any thread pool may be what hangs. Thread-safe.
 */
final class Heartbeat implements Runnable {

  static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

  /** The exit code; supervisors restart a process that exits with a code other than 0. */
  static final int EXIT_CODE = 70;

  private static final long BEAT_MILLIS = 1000;

  /** The memory that an event needs while it is read. */
  private static final int BLOCK_BYTES = 256 * 1024;

  private final Context server;
  private final long silenceNanos;
  private final Consumer<String> end;
  private final Thread thread = new Thread(this, "dromedary-heartbeat");

  private volatile long heardNanos = System.nanoTime();
  private volatile boolean hasFailed;
  private volatile boolean stopped;

  /**
   * Watches a server.
   *
   * @param server the context whose thread has to run a task
   * @param longestSilence the time without a completed task after which the process is ended
   * @param end ends the process, given the reason
   */
  Heartbeat(Context server, Duration longestSilence, Consumer<String> end) {
    this.server = server;
    this.silenceNanos = longestSilence.toNanos();
    this.end = end;
    thread.setDaemon(true);
  }

  /** Ends this process at once. A regular shutdown may hang, too. */
  static void halt(String why) {
    System.err.println("Dromedary ends: " + why + ". What was accepted is in the outbox.");
    Runtime.getRuntime().halt(EXIT_CODE);
  }

  void start() {
    thread.start();
  }

  void stop() {
    stopped = true;
    thread.interrupt();
  }

  @Override
  public void run() {
    long aliveNanos = System.nanoTime();
    while (!stopped) {
      long now = System.nanoTime();
      // A machine that was suspended has not run tasks, either.
      if (now - aliveNanos > silenceNanos / 2) {
        heardNanos = now;
      }
      aliveNanos = now;
      if (now - heardNanos > silenceNanos) {
        String what = hasFailed ? "there has been no memory" : "its HTTP server has not run";
        end.accept(what + " for " + silenceNanos / 1_000_000_000 + " s");
        return;
      }
      try {
        Thread.sleep(BEAT_MILLIS);
        beat();
      } catch (InterruptedException | RuntimeException | Error e) {
        // It counts as silence, which ends with the next successful beat.
        hasFailed = true;
      }
    }
  }

  /** Checks that memory can be allocated and that the server runs a task. */
  private void beat() {
    byte[] block = new byte[BLOCK_BYTES];
    // The task uses the block, so that the allocation is not optimised away.
    server.runOnContext(heard -> heardNanos = block.length > 0 ? System.nanoTime() : 0);
    hasFailed = false;
  }
}
