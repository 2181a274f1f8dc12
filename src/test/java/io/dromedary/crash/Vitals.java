package io.dromedary.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a process takes of its machine, at a moment.
 *
 * @param files how many files and sockets are open
 * @param heapBytes of what is reachable, after a collection
 * @param storeBytes the files of the store
 */
record Vitals(int threads, int files, long heapBytes, long storeBytes) {

  private static final Pattern THREADS = Pattern.compile("Threads:\\s+(\\d+)");
  private static final Pattern TOTAL = Pattern.compile("Total\\s+\\d+\\s+(\\d+)");

  /** Of a process on Linux, whose store is in a folder. */
  static Vitals of(long pid, Path store) throws IOException, InterruptedException {
    Path process = Path.of("/proc", Long.toString(pid));
    return new Vitals(
        (int) number(THREADS, Files.readString(process.resolve("status"))),
        list(process.resolve("fd")).size(),
        // The histogram is of what is alive, so it collects all else first.
        number(TOTAL, jcmd(pid, "GC.class_histogram")),
        list(store).stream()
            .filter(file -> !file.endsWith(Trouble.BALLAST))
            .mapToLong(file -> file.toFile().length())
            .sum());
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  private static String jcmd(long pid, String command) throws IOException, InterruptedException {
    Process jcmd =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                command)
            .redirectErrorStream(true)
            .start();
    String text = new String(jcmd.getInputStream().readAllBytes(), UTF_8);
    if (jcmd.waitFor() != 0) {
      throw new IOException("jcmd " + command + " failed: " + text);
    }
    return text;
  }

  private static long number(Pattern pattern, String text) throws IOException {
    Matcher found = pattern.matcher(text);
    if (!found.find()) {
      throw new IOException("expected " + pattern + ", found " + text);
    }
    return Long.parseLong(found.group(1));
  }

  /**
   * Where this is more than before, beyond what comes and goes: a fifth and 20 threads, a fifth and
   * 300 files, since there is a connection for each event in flight, a quarter and 16 MiB of heap,
   * a half and 64 MiB of files, which is what SQLite may keep of its log.
   */
  List<String> growthSince(Vitals before) {
    List<String> growth = new ArrayList<>();
    compare(growth, "threads", before.threads, threads, 0.2, 20);
    compare(growth, "open files", before.files, files, 0.2, 300);
    compare(growth, "bytes of heap", before.heapBytes, heapBytes, 0.25, 16 << 20);
    compare(growth, "bytes of files", before.storeBytes, storeBytes, 0.5, 64 << 20);
    return growth;
  }

  private static void compare(
      List<String> growth, String what, long before, long now, double share, long beside) {
    long most = (long) (before * (1 + share)) + beside;
    if (now > most) {
      growth.add("%,d %s, expected at most %,d".formatted(now, what, most));
    }
  }

  @Override
  public String toString() {
    return "%d threads, %d open files, %,d kB of heap, %,d kB of files"
        .formatted(threads, files, heapBytes / 1024, storeBytes / 1024);
  }
}
