package io.dromedary.faults;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Makes every call between inbound and settlement fail, one in each run, in every way it may. Which
 * calls there are is found out by a run in which none fails.
 */
public final class FaultSuite implements AutoCloseable {

  /** How often a site may be made to fail: at its first calls. */
  private static final int MOST_OCCURRENCES = 3;

  /** What was tried and what it has shown. */
  record Summary(
      int sites, int faults, int runs, int reached, SortedMap<String, List<String>> bad) {

    @Override
    public String toString() {
      return "%d sites, %d faults, %d runs, %d reached, %d failed"
          .formatted(sites, faults, runs, reached, bad.size());
    }
  }

  /** Changes the code under test, which takes seconds. */
  private final FaultyCode code = new FaultyCode();

  /**
   * The arguments: the store, the inbound, what is wanted, a part or one fault, and a pattern of
   * what is tried.
   */
  public static void main(String[] args) throws Exception {
    String store = args.length > 0 ? args[0] : "sqlite";
    String inbound = args.length > 1 ? args[1] : "http";
    String chosen = args.length > 2 ? args[2] : "1/1";
    String pattern = args.length > 3 ? args[3] : "";
    try (FaultSuite suite = new FaultSuite()) {
      Summary summary = suite.run(store, inbound, chosen, pattern);
      System.out.println(summary);
      if (!summary.bad().isEmpty()) {
        throw new AssertionError(summary.bad().size() + " runs have failed");
      }
    }
  }

  Summary run(String store, String inbound, String chosen, String pattern) throws Exception {
    Path folder = Files.createTempDirectory("faults");
    try (FaultyDriver drivers = new FaultyDriver();
        Laboratory laboratory = new Laboratory(folder, store, inbound.equals("http"), drivers)) {
      SortedMap<String, Integer> sites = new TreeMap<>();
      for (int i = 0; i < 2; i++) {
        laboratory.run(null).counts().forEach((site, count) -> sites.merge(site, count, Math::max));
      }
      List<Fault> all = faults(sites);
      all.removeIf(fault -> !Pattern.compile(pattern).matcher(fault.toString()).find());
      List<Fault> some = chosen.contains("#") ? List.of(Fault.of(chosen)) : part(all, chosen);
      int reached = 0;
      SortedMap<String, List<String>> bad = new TreeMap<>();
      for (Fault fault : some) {
        Laboratory.Result result = laboratory.run(fault);
        System.err.printf("%tT %s%n", System.currentTimeMillis(), fault);
        reached += result.raised() == null ? 0 : 1;
        if (!result.problems().isEmpty()) {
          bad.put(fault.toString(), result.problems());
          System.out.println(
              "FAILED "
                  + store
                  + " "
                  + inbound
                  + " "
                  + fault
                  + "\n    "
                  + String.join("\n    ", result.problems())
                  + "\n    by "
                  + result.raised());
        }
      }
      return new Summary(sites.size(), all.size(), some.size(), reached, bad);
    }
  }

  /** Changes the code back. */
  @Override
  public void close() {
    code.restore();
  }

  /** All faults, mixed, so that each part has all kinds of them. The order is always the same. */
  private static List<Fault> faults(SortedMap<String, Integer> sites) {
    List<Fault> faults = new ArrayList<>();
    sites.forEach(
        (site, count) -> {
          int most = isCode(site) ? 1 : MOST_OCCURRENCES;
          for (int occurrence = 1; occurrence <= Math.min(count, most); occurrence++) {
            for (FaultKind kind : kinds(site)) {
              faults.add(new Fault(site, occurrence, kind));
            }
          }
        });
    Collections.shuffle(faults, new Random(1));
    return faults;
  }

  private static List<FaultKind> kinds(String site) {
    if (site.contains(" node host-in/") || site.matches(".*\\.on(Done|Complete)")) {
      // An Error in a step of a host, or where Camel enters a completion, is Camel's.
      return List.of(FaultKind.RUNTIME);
    } else if (site.contains(" node ")) {
      return FaultKind.OF_NODE;
    } else if (site.contains("InputStream")) {
      return FaultKind.OF_STREAM;
    }
    return isCode(site) || site.contains(" task ") ? FaultKind.OF_CODE : FaultKind.OF_JDBC;
  }

  private static boolean isCode(String site) {
    return site.startsWith("begin ") || site.startsWith("end ");
  }

  /** The third of seven parts is 3/7. */
  private static List<Fault> part(List<Fault> all, String which) {
    String[] numbers = which.split("/", 2);
    int part = Integer.parseInt(numbers[0]) - 1;
    int parts = Integer.parseInt(numbers[1]);
    List<Fault> some = new ArrayList<>();
    for (int i = part; i < all.size(); i += parts) {
      some.add(all.get(i));
    }
    return some;
  }
}
