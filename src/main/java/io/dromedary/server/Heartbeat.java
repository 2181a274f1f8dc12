package io.dromedary.server;

import io.vertx.core.Context;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * Ends a process that is up and deaf: whose server has not run a task for a minute, or that has had
 * no memory for so long, after an Error for example that a thread of the server's has not survived.
 * Whoever supervises it starts it again, and nothing that was accepted is lost.
 *
 * <p>Its thread is none of a pool's: any of these may be what hangs. Thread-safe.
 */
final class Heartbeat implements Runnable {

  static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

  /** The exit code: a supervisor starts what ends with another than 0. */
  static final int EXIT_CODE = 70;

  private static final long BEAT_MILLIS = 1000;

  /** As much as an event needs while it is read. */
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
   * @param server whose thread is asked to run a task
   * @param longestSilence after which the process is ended
   * @param end ends it, and is told why
   */
  Heartbeat(Context server, Duration longestSilence, Consumer<String> end) {
    this.server = server;
    this.silenceNanos = longestSilence.toNanos();
    this.end = end;
    thread.setDaemon(true);
  }

  /** Ends this process at once: whatever else would have to run may hang as well. */
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
      // A machine that was suspended has heard nothing, either.
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
        // It counts as silence, which ends with the next beat that works.
        hasFailed = true;
      }
    }
  }

  /** There has to be memory, and the server has to run a task. */
  private void beat() {
    byte[] block = new byte[BLOCK_BYTES];
    // Handed over, so that it has to be there.
    server.runOnContext(heard -> heardNanos = block.length > 0 ? System.nanoTime() : 0);
    hasFailed = false;
  }
}
