package io.dromedary.page;

import io.dromedary.history.Rollup;
import io.dromedary.operations.Range;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.IntStream;

/** Draws rollups as SVG that contains no script and no style. */
final class Charts {

  private static final int HEIGHT = 100;

  private Charts() {}

  /** A rollup for each point of the range; an empty one if the history has none. */
  private static List<Rollup> filled(Range range, Instant now, List<Rollup> points) {
    Map<Instant, Rollup> counted = new HashMap<>();
    points.forEach(point -> counted.put(point.at(), point));
    Instant from = range.from(now);
    return IntStream.range(0, range.points())
        .mapToObj(i -> from.plus(range.step().multipliedBy(i)))
        .map(at -> counted.getOrDefault(at, Rollup.sum(at, List.of())))
        .toList();
  }

  /** Writes a sparkline of attempts, and an area of failed ones below it. */
  static void spark(Html html, Range range, Instant now, List<Rollup> points) {
    List<Rollup> all = filled(range, now, points);
    long most = Math.max(1, all.stream().mapToLong(Rollup::attempts).max().orElse(1));
    Rollup sum = Rollup.sum(now, all);
    long failed = sum.temporary() + sum.permanent();
    html.open(
        "svg",
        "class",
        "spark",
        "viewBox",
        "0 0 " + (all.size() - 1) + " 26",
        "preserveAspectRatio",
        "none",
        "role",
        "img",
        "aria-label",
        Figures.count(sum.attempts(), "attempt", "attempts")
            + " in "
            + range.text()
            + ", "
            + Figures.count(failed)
            + " failed");
    html.element("polyline", "", "points", line(all, most, Rollup::attempts));
    if (failed > 0) {
      String top = line(all, most, each -> each.temporary() + each.permanent());
      html.element("polygon", "", "points", "0,25 " + top + " " + (all.size() - 1) + ",25");
    }
    html.close();
  }

  private static String line(List<Rollup> points, long most, ToLongFunction<Rollup> of) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < points.size(); i++) {
      double height = 24.0 * of.applyAsLong(points.get(i)) / most;
      line.append(String.format(Locale.ENGLISH, "%d,%.1f ", i, 25 - height));
    }
    return line.toString().strip();
  }

  /** Writes stacked bars of attempts by outcome, each with a title, and a table of the figures. */
  static void bars(Html html, Range range, Instant now, List<Rollup> points) throws Exception {
    List<Rollup> all = filled(range, now, points);
    long most = Math.max(1, all.stream().mapToLong(Rollup::attempts).max().orElse(1));
    html.open("ul", "class", "legend");
    html.element("li", "accepted", "class", "accepted");
    html.element("li", "failed, tried again", "class", "temporary");
    html.element("li", "failed for good", "class", "permanent");
    html.close();
    html.open(
        "svg",
        "class",
        "chart",
        "viewBox",
        "0 0 " + 10 * all.size() + " " + HEIGHT,
        "preserveAspectRatio",
        "none",
        "aria-hidden",
        "true");
    for (int i = 0; i < all.size(); i++) {
      bar(html, i, all.get(i), most);
    }
    html.element(
        "line",
        "",
        "class",
        "axis",
        "x1",
        "0",
        "x2",
        "" + 10 * all.size(),
        "y1",
        "100",
        "y2",
        "100");
    html.close();
    html.open("div", "class", "scale");
    html.element("span", Figures.instant(all.get(0).at()));
    html.element("span", "highest bar: " + Figures.count(most));
    html.element("span", "now");
    html.close();
    table(html, all);
  }

  private static void bar(Html html, int place, Rollup point, long most) {
    if (point.attempts() == 0) {
      return;
    }
    html.open("g");
    html.element("title", words(point));
    // A background of full height, so that the title of a short bar is easy to hover over.
    html.element(
        "rect",
        "",
        "class",
        "behind",
        "x",
        "" + 10 * place,
        "y",
        "0",
        "width",
        "10",
        "height",
        "" + HEIGHT);
    double bottom = HEIGHT;
    bottom = part(html, "accepted", place, bottom, point.accepted(), most);
    bottom = part(html, "temporary", place, bottom, point.temporary(), most);
    part(html, "permanent", place, bottom, point.permanent(), most);
    html.close();
  }

  private static double part(
      Html html, String name, int place, double bottom, long count, long most) {
    if (count == 0) {
      return bottom;
    }
    // A minimum height keeps a few attempts among many visible.
    double height = Math.max(1.5, 96.0 * count / most);
    html.element(
        "rect",
        "",
        "class",
        name,
        "x",
        "" + (10 * place + 1),
        "width",
        "8",
        "y",
        String.format(Locale.ENGLISH, "%.1f", bottom - height),
        "height",
        String.format(Locale.ENGLISH, "%.1f", height));
    return bottom - height;
  }

  private static String words(Rollup point) {
    return Figures.instant(point.at())
        + " UTC: "
        + Figures.count(point.accepted())
        + " accepted, "
        + Figures.count(point.temporary())
        + " tried again, "
        + Figures.count(point.permanent())
        + " failed for good";
  }

  private static void table(Html html, List<Rollup> points) throws Exception {
    // A table is never narrower than its columns: what hides it is around it.
    html.open("div", "class", "hidden-text").open("table");
    html.element("caption", "Attempts by outcome");
    html.open("thead").open("tr");
    for (String name : List.of("From", "Accepted", "Tried again", "Failed for good")) {
      html.element("th", name, "scope", "col");
    }
    html.close().close().open("tbody");
    for (Rollup point : points) {
      if (point.attempts() > 0) {
        html.open("tr");
        html.element("th", Figures.instant(point.at()), "scope", "row");
        html.element("td", point.accepted());
        html.element("td", point.temporary());
        html.element("td", point.permanent());
        html.close();
      }
    }
    html.close().close().close();
  }
}
