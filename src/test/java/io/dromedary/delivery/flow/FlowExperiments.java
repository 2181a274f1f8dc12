package io.dromedary.delivery.flow;

import io.dromedary.delivery.flow.FlowCase.Result;
import io.dromedary.delivery.flow.Simulation.Second;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints how the flow control copes with receivers. {@code [part of a name] [-v]} runs those of the
 * list, with {@code -v} second by second. {@code random COUNT SEED [SECONDS]} runs random ones.
 */
public final class FlowExperiments {

  private FlowExperiments() {}

  /** Runs the experiments and prints a line for each. */
  public static void main(String[] args) {
    List<FlowCase> cases = new ArrayList<>();
    boolean isRandom = args.length > 0 && args[0].equals("random");
    if (isRandom) {
      long seed = Long.parseLong(args[2]);
      int seconds = args.length > 3 ? Integer.parseInt(args[3]) : 60;
      for (int i = 0; i < Integer.parseInt(args[1]); i++) {
        cases.add(RandomReceivers.of(seed + i, seconds));
      }
    } else {
      cases.addAll(FlowCases.with(256));
      cases.addAll(FlowCases.with(2000));
      cases.removeIf(each -> args.length > 0 && !each.name().contains(args[0]));
    }
    boolean isVerbose = args.length > 0 && args[args.length - 1].equals("-v");
    int missed = 0;
    print(
        "%-52s %9s %6s %7s %7s %6s %6s %6s%n"
            .formatted(
                "receiver", "perfect/s", "share", "refused", "1st min", "full@", "silent", "most"));
    for (FlowCase each : cases) {
      long begun = System.nanoTime();
      Result result = each.run(1);
      if (isVerbose) {
        print(result.seconds());
      }
      boolean isMet = each.isMet(result);
      missed += isMet ? 0 : 1;
      if (isRandom && isMet) {
        continue;
      }
      print(
          String.format(
              Locale.ROOT,
              "%-52s %9.1f %5.0f%% %6.1f%% %6.1f%% %6d %6.1f %6d %s %d ms%n",
              each.name(),
              each.perfect(),
              result.share() * 100,
              result.refused() * 100,
              result.refusedFirstMinute() * 100,
              result.fullFrom(),
              result.longestSilence(),
              result.mostInFlight(),
              isMet ? "" : "MISSED",
              (System.nanoTime() - begun) / 1_000_000));
    }
    print(missed + " of " + cases.size() + " missed\n");
  }

  private static void print(List<Second> seconds) {
    for (int i = 0; i < seconds.size() - 1; i++) {
      Second second = seconds.get(i);
      print(
          String.format(
              Locale.ROOT,
              "  %4d sent %6d ok %6d refused %6d failed %5d limit %5d rate %9.1f %s%n",
              i,
              second.sent,
              second.accepted,
              second.refused,
              second.failed,
              second.limit,
              second.rate,
              second.state));
    }
  }

  private static void print(String line) {
    System.out.print(line);
  }
}
