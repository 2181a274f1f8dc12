package io.dromedary.faults;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Sends a load to an application of which one call fails, and looks whether anything of it is lost,
 * stuck, forged or answered falsely. The application goes on from run to run, until a run has shown
 * a fault: then another takes its place.
 */
final class Laboratory implements AutoCloseable {

  /** A sender, a claim and the store's own retries have so long; all are set to be short. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** How often a webhook may accept an event in a run: a resend of ours, and one of the sender. */
  private static final int MOST_ACCEPTED = 4;

  /**
   * What a run has shown: nothing bad if there are no problems.
   *
   * @param raised who has made the call that failed, or null if nobody has
   */
  record Result(
      @Nullable String raised, SortedMap<String, Integer> counts, List<String> problems) {}

  private final Path folder;
  private final boolean isHttp;
  private final Database database;
  private final Webhooks webhooks = new Webhooks();
  private @Nullable Subject subject;
  private Set<String> threads = Set.of();
  private int runs;

  Laboratory(Path folder, String store, boolean isHttp, FaultyDriver drivers) throws Exception {
    this.folder = folder;
    this.isHttp = isHttp;
    this.database = Database.of(store, drivers);
  }

  private Subject subject() throws Exception {
    Subject running = subject;
    if (running == null) {
      database.renew(folder);
      running = new Subject(folder, database, isHttp, webhooks);
      subject = running;
      // Classes and threads come with the first events, which may take longer than is good.
      Result first = run(running, null);
      for (int i = 0; i < 3 && !first.problems().isEmpty(); i++) {
        first = run(running, null);
      }
      if (!first.problems().isEmpty()) {
        throw new IllegalStateException("without any fault: " + first.problems());
      }
      threads = essential();
    }
    return running;
  }

  /** Those that have to be there all the time, and are by their names. */
  private static Set<String> essential() {
    Set<String> names = Subject.threads();
    names.removeIf(name -> !name.matches("outbox-(writer|poller|.*-watch)"));
    return names;
  }

  /** A run in which that happens, if it comes to that call; null: in which nothing happens. */
  Result run(@Nullable Fault fault) throws Exception {
    Subject running = subject();
    Result result = run(running, fault);
    if (!result.problems().isEmpty()) {
      result.problems().add(afterwards());
    }
    return result;
  }

  private Result run(Subject running, @Nullable Fault fault) throws Exception {
    List<String> problems = new ArrayList<>();
    webhooks.forget();
    String prefix = "r" + ++runs;
    Load load = load(running, prefix);
    Set<String> accepted = Set.of();
    Faults.arm(fault);
    String raised;
    SortedMap<String, Integer> counts;
    try {
      accepted = load.send();
      problems.addAll(settle(running, accepted));
    } catch (AssertionError e) {
      problems.add(e.getMessage());
    } finally {
      raised = Faults.raised();
      counts = Faults.disarm();
    }
    if (problems.isEmpty()) {
      goOn(running, prefix + "z", problems);
    }
    check(running, problems);
    return new Result(raised, counts, problems);
  }

  /** Whether everything works as before, though nothing fails any more. */
  private void goOn(Subject running, String prefix, List<String> problems) throws Exception {
    try {
      problems.addAll(settle(running, load(running, prefix).send()));
    } catch (AssertionError e) {
      problems.add("afterwards: " + e.getMessage());
    }
  }

  private Load load(Subject running, String prefix) {
    return isHttp
        ? new HttpLoad(webhooks, prefix, PATIENCE.toNanos(), running.url())
        : new SourceLoad(webhooks, prefix, PATIENCE.toNanos(), running.template());
  }

  /** Waits for what was accepted to be delivered or dead; returns what is wrong. */
  private List<String> settle(Subject running, Set<String> accepted) throws SQLException {
    List<String> problems = new ArrayList<>();
    long left = running.drain(PATIENCE);
    if (left > 0) {
      problems.add(left + " events are stuck in the outbox: " + running.left());
    }
    Set<String> missing = missing(accepted);
    // A webhook notes that it has accepted when it has answered.
    for (int i = 0; i < 100 && !missing.isEmpty(); i++) {
      LockSupport.parkNanos(10_000_000);
      missing = missing(accepted);
    }
    if (!missing.isEmpty()) {
      problems.add("neither delivered nor dead: " + missing);
    }
    return problems;
  }

  private Set<String> missing(Collection<String> accepted) throws SQLException {
    Set<String> dead = database.texts("SELECT destination || ' ' || message_id FROM dead_letter");
    Set<String> missing = new TreeSet<>();
    // A message that could not be read is one, as it came.
    List<String> unread = database.bodies("SELECT body FROM dead_letter WHERE message_id = ''");
    for (String id : accepted) {
      if (unread.stream().anyMatch(body -> body.contains(id))) {
        continue;
      }
      if (id.endsWith(Load.HOST)) {
        if (webhooks.accepted(Load.HOST, id) == 0) {
          missing.add("host " + id);
        }
      } else if (id.endsWith(Load.INVALID)) {
        if (!dead.contains("default " + id)) {
          missing.add("default " + id);
        }
      } else {
        for (String webhook : Webhooks.ALL) {
          if (webhooks.accepted(webhook, id) == 0
              && !dead.contains(webhook.replaceFirst("-.*", "") + " " + id)) {
            missing.add(webhook + " " + id);
          }
          if (webhooks.accepted(webhook, id) > MOST_ACCEPTED) {
            missing.add(webhook + " " + id + " too often");
          }
        }
      }
    }
    return missing;
  }

  private void check(Subject running, List<String> problems) {
    problems.addAll(webhooks.problems());
    String ailing = running.ailing();
    if (!ailing.isEmpty()) {
      problems.add("health: " + ailing);
    }
    if (problems.isEmpty()) {
      double inFlight = running.inFlight();
      for (int i = 0; i < 100 && inFlight > 0; i++) {
        LockSupport.parkNanos(10_000_000);
        inFlight = running.inFlight();
      }
      if (inFlight != 0) {
        problems.add("in flight for ever: " + inFlight);
      }
    }
    Set<String> gone = new TreeSet<>(threads);
    gone.removeAll(Subject.threads());
    if (!gone.isEmpty()) {
      problems.add("threads have ended: " + gone);
    }
  }

  /** Whether what is wrong is mended by a start anew. */
  private String afterwards() throws Exception {
    if (!stop()) {
      database.renew(folder);
      return "(it does not stop)";
    }
    try (Subject again = new Subject(folder, database, isHttp, webhooks)) {
      long left = again.drain(PATIENCE);
      return left == 0
          ? "(a restart drains the outbox)"
          : "(a restart leaves " + again.left() + ")";
    } finally {
      webhooks.problems();
    }
  }

  /** Stops the application. Returns whether it could be stopped. */
  private boolean stop() {
    Subject running = subject;
    subject = null;
    if (running == null) {
      return true;
    }
    CompletableFuture<Void> closed = CompletableFuture.runAsync(running::close, Laboratory::daemon);
    try {
      closed.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
      return true;
    } catch (CompletionException e) {
      return false;
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "closing");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    stop();
    database.close();
    webhooks.close();
  }
}
