package io.dromedary.attack;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.dromedary.testing.ClassPath;
import io.dromedary.testing.FastStart;
import io.dromedary.testing.Http;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A sender with a key that sends an event every 50 ms and waits for each answer. It has a process
 * of its own, so that what it measures is the server, and not the process in which 200 attackers
 * and the receiver of all events run.
 */
final class HealthySender implements AutoCloseable {

  private static final String[] KEY = {"Authorization", "Basic a2V5Og=="};

  private static final Duration AT_MOST = Duration.ofMinutes(1);
  private static final long BETWEEN_MILLIS = 50;

  private final Process process;
  private final BufferedReader answers;
  private final BufferedWriter requests;

  /** An event, whether it was answered 200, and after how many milliseconds. */
  record Sent(String id, boolean accepted, long millis) {}

  HealthySender(int port) throws IOException {
    List<String> command = FastStart.java();
    command.addAll(
        List.of(
            "-Xmx64m",
            "-cp",
            ClassPath.ofTests(),
            HealthySender.class.getName(),
            Integer.toString(port)));
    process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    answers = process.inputReader(UTF_8);
    requests = process.outputWriter(UTF_8);
  }

  /** Sends for so long, and on until an event is accepted, but no longer than a minute more. */
  List<Sent> send(Duration time) throws IOException {
    requests.write(time.toMillis() + "\n");
    requests.flush();
    List<Sent> sent = new ArrayList<>();
    String line = answers.readLine();
    while (!requireNonNull(line, "the sender has ended").isEmpty()) {
      String[] values = line.split(" ", 3);
      sent.add(new Sent(values[0], values[1].equals("true"), Long.parseLong(values[2])));
      line = answers.readLine();
    }
    return sent;
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** Whether an event is answered 200. */
  static boolean post(int port, String id) {
    String event = "{\"userId\":\"u\",\"event\":\"E\",\"messageId\":\"" + id + "\"}";
    try {
      return Http.post("http://127.0.0.1:" + port + "/v1/track", event, KEY).status() == 200;
    } catch (AssertionError e) {
      // No answer.
      return false;
    }
  }

  /** The main method of its process. */
  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    int number = 0;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      long end = System.nanoTime() + Duration.ofMillis(Long.parseLong(line)).toNanos();
      long latest = end + AT_MOST.toNanos();
      boolean accepted = false;
      do {
        String id = "healthy-" + number++;
        long begun = System.nanoTime();
        boolean isAccepted = post(port, id);
        accepted |= isAccepted;
        long millis = (System.nanoTime() - begun) / 1_000_000;
        System.out.println(id + " " + isAccepted + " " + millis);
        Thread.sleep(BETWEEN_MILLIS);
      } while (System.nanoTime() < end || (!accepted && System.nanoTime() < latest));
      System.out.println();
    }
  }
}
